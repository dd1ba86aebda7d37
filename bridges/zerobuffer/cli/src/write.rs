//! `zerobuffer writer`.

use std::time::Duration;

use program::signals::Signals;
use serde::Serialize;
use zerobuffer::{DEFAULT_TIMEOUT, FrameBuffer, Writer};

use crate::args::{Patience, Pattern, WriterArguments};
use crate::awaiting;
use crate::exit::Failure;
use crate::pattern::{Frames, pieces};
use crate::space;
use crate::sums::{FrameSum, Sums};
use crate::tally::{Tally, tell};

/// Frames between two lines of the log.
const LOG_INTERVAL: u64 = 100;

/// The result, with the names that every language has.
#[derive(Serialize)]
struct Report<'a> {
    operation: &'static str,
    buffer_name: &'a str,
    frames_written: u64,
    frame_size: u64,
    metadata_size: u64,
    duration_seconds: f64,
    throughput_mbps: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksums: Option<&'a [FrameSum]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_all: Option<String>,
    errors: &'a [String],
}

/// Writes the frames asked for, and tells how it went.
pub fn run(arguments: &WriterArguments) -> Result<(), Failure> {
    let json = arguments.output.json_output;
    let mut tally = Tally::default();
    let mut sums = arguments.checksum.then(|| Sums::new(!json));
    let done = write(arguments, &mut tally, sums.as_mut());
    if let Err(failure) = &done {
        tally.error(failure.to_string());
    }
    let report = Report {
        operation: "write",
        buffer_name: &arguments.name,
        frames_written: tally.frames,
        frame_size: arguments.size.0,
        metadata_size: tally.metadata_size,
        duration_seconds: tally.seconds(),
        throughput_mbps: tally.throughput(),
        checksums: sums.as_ref().map(Sums::listed),
        checksum_all: sums.as_ref().map(Sums::all),
        errors: tally.errors(),
    };
    let mut text = tally.sentence("Wrote");
    if let Some(sums) = &sums {
        text += &format!("MD5 of all frames: {}\n", sums.all());
    }
    tell(json, &report, &text, done)
}

fn write(
    arguments: &WriterArguments,
    tally: &mut Tally,
    mut sums: Option<&mut Sums>,
) -> Result<(), Failure> {
    if arguments.checksum && arguments.pattern == Pattern::None {
        let why = "with --pattern none the bytes are not known, and have no --checksum";
        return Err(Failure::Usage(why.to_owned()));
    }
    let signals = Signals::catch()?;
    let metadata = metadata(arguments)?;
    let mut writer = match arguments.wait_ms {
        0 => Writer::connect(&arguments.name)?,
        wait => awaiting::connect(&arguments.name, Patience(wait), &signals)?,
    };
    if let Some(metadata) = metadata {
        writer.set_metadata(&metadata)?;
        tally.metadata_size = metadata.len() as u64;
    }
    space::in_turns(&mut writer);
    let mut frames = Frames::new(arguments.pattern);
    let size = usize::try_from(arguments.size.0).unwrap_or(usize::MAX);
    tally.begin();
    while arguments.frames == 0 || tally.frames < arguments.frames {
        signals.check()?;
        let limit = Some(DEFAULT_TIMEOUT);
        space::fill(&mut writer, size, limit, &signals, |mut buffer| {
            if let Some(frames) = &mut frames {
                write_pattern(frames, &mut buffer, sums.as_deref_mut());
            }
            buffer.commit();
        })?;
        tally.count(size);
        if let Some(sums) = sums.as_deref_mut() {
            sums.end_frame()?;
        }
        if tally.frames.is_multiple_of(LOG_INTERVAL) {
            tracing::info!(frames = tally.frames, "wrote");
        }
        if arguments.delay_ms > 0 && tally.frames.is_multiple_of(arguments.batch_size) {
            signals.sleep(Duration::from_millis(arguments.delay_ms))?;
        }
    }
    Ok(())
}

fn write_pattern(frames: &mut Frames, buffer: &mut FrameBuffer<'_>, mut sums: Option<&mut Sums>) {
    for (offset, bytes) in pieces(buffer.len()) {
        let piece = frames.piece(buffer.sequence(), offset, bytes);
        buffer.copy_from(offset, piece);
        if let Some(sums) = &mut sums {
            sums.update(piece);
        }
    }
}

fn metadata(arguments: &WriterArguments) -> Result<Option<Vec<u8>>, Failure> {
    if let Some(path) = &arguments.metadata_file {
        let read = std::fs::read(path);
        let failed = Failure::io(format!("read metadata from {}", path.display()));
        return read.map(Some).map_err(failed);
    }
    let text = arguments.metadata.as_ref();
    Ok(text.map(|text| text.clone().into_bytes()))
}
