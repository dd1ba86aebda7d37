//! The shared memory that gets the frames: made when there is the first.

use std::time::{SystemTime, UNIX_EPOCH};

use cuframes_cli::args::VizionArguments;
use cuframes_cli::exit::Failure;
use serde_json::json;
use vizion::{DEFAULT_BUFFER_SIZE, FrameInfo, FrameWriter, HEADER_SIZE, Rows, Written};

use super::tally::Tally;
use crate::bridge::voice::Voice;

/// Writes into shared memory.
pub struct Outlet<'a> {
    arguments: &'a VizionArguments,
    voice: &'a Voice,
    writer: Option<FrameWriter>,
    /// What was told of the frames last.
    told: Option<String>,
    /// The size that was last told to be too large.
    complained: Option<u64>,
}

impl<'a> Outlet<'a> {
    /// Makes nothing yet.
    pub fn new(arguments: &'a VizionArguments, voice: &'a Voice) -> Outlet<'a> {
        Outlet {
            arguments,
            voice,
            writer: None,
            told: None,
            complained: None,
        }
    }

    /// Writes a frame without padding, or drops and counts it.
    pub fn put(
        &mut self,
        info: &FrameInfo,
        bytes: &[u8],
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let mut writer = match self.writer.take() {
            Some(writer) => writer,
            None => self.create(bytes.len())?,
        };
        let written = writer.write(info, &[Rows::packed(bytes)]);
        tally.replaced = writer.replaced();
        self.writer = Some(writer);
        self.tell(info)?;
        match written? {
            Written::Frame(_) => tally.carried(bytes.len(), self.arguments.frames),
            Written::Dropped { needed, capacity } => {
                tally.dropped_size += 1;
                self.complain(needed, capacity)?;
            }
        }
        Ok(())
    }

    fn create(&self, frame: usize) -> Result<FrameWriter, Failure> {
        let size = match self.arguments.buffer_size {
            Some(size) => size.0,
            None => DEFAULT_BUFFER_SIZE.max((HEADER_SIZE + frame) as u64),
        };
        let writer = FrameWriter::create(self.voice.name(), size)?;
        let sentence = format!("the shared memory is there, with {size} bytes");
        self.voice
            .tell("created", &sentence, json!({"buffer_size": size}))?;
        Ok(writer)
    }

    /// Says what the frames are, where this is new.
    fn tell(&mut self, info: &FrameInfo) -> Result<(), Failure> {
        let FrameInfo {
            width,
            height,
            format,
            ..
        } = info;
        let what = format!("{width}x{height} {format}");
        if self.told.as_ref() == Some(&what) {
            return Ok(());
        }
        let told = json!({"width": width, "height": height, "format": format.name()});
        self.voice
            .tell("stream", &format!("frames of {what}"), told)?;
        self.told = Some(what);
        Ok(())
    }

    /// Says that frames are too large; once for each size.
    fn complain(&mut self, needed: u64, capacity: u64) -> Result<(), Failure> {
        if self.complained.replace(needed) == Some(needed) {
            return Ok(());
        }
        let sentence = format!(
            "a frame of {needed} bytes is dropped: there is room for {capacity}; see --buffer-size"
        );
        let what = json!({"bytes": needed, "capacity": capacity});
        self.voice.tell("too_large", &sentence, what)
    }
}

/// When something happened that has this time of the monotonic clock, in nanoseconds of the wall
/// clock.
pub fn wall_clock(monotonic_ns: u64) -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = u64::try_from(since.unwrap_or_default().as_nanos()).unwrap_or(u64::MAX);
    now.saturating_sub(cuframes::now_ns().saturating_sub(monotonic_ns))
}
