//! `zerobuffer reader`.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use program::signals::Signals;
use serde::Serialize;
use zerobuffer::{BufferConfig, Error, Frame, Reader};

use crate::args::ReaderArguments;
use crate::checks::Checks;
use crate::exit::Failure;
use crate::pattern::Frames;
use crate::sums::{FrameSum, Sums};
use crate::tally::{Tally, tell};

/// Frames between two lines of the log.
const LOG_INTERVAL: u64 = 100;
/// How long one wait is that has no end.
const LONG: Duration = Duration::from_secs(3600);

/// The result, with the names that every language has.
#[derive(Serialize)]
struct Report<'a> {
    operation: &'static str,
    buffer_name: &'a str,
    frames_read: u64,
    frame_size: u64,
    metadata_size: u64,
    duration_seconds: f64,
    throughput_mbps: f64,
    verification_errors: u64,
    checksums: &'a [FrameSum],
    #[serde(skip_serializing_if = "Option::is_none")]
    checksum_all: Option<String>,
    errors: &'a [String],
}

/// Reads the frames asked for, and tells how it went.
pub fn run(arguments: &ReaderArguments) -> Result<(), Failure> {
    let json = arguments.output.json_output;
    let mut tally = Tally::default();
    let sums = arguments.checksum.then(|| Sums::new(!json));
    let frames = Frames::new(arguments.verify);
    let checking = frames.is_some();
    let mut checks = Checks::new(arguments.size.0, frames, sums);
    let done = read(arguments, &mut tally, &mut checks);
    if let Err(failure) = &done {
        tally.error(failure.to_string());
    }
    let done = done.and_then(|()| checks.verdict(tally.frames));
    let sums = checks.sums.as_ref();
    let report = Report {
        operation: "read",
        buffer_name: &arguments.name,
        frames_read: tally.frames,
        frame_size: arguments.size.0,
        metadata_size: tally.metadata_size,
        duration_seconds: tally.seconds(),
        throughput_mbps: tally.throughput(),
        verification_errors: checks.wrong_content(),
        checksums: sums.map_or(&[], Sums::listed),
        checksum_all: sums.map(Sums::all),
        errors: tally.errors(),
    };
    let mut text = tally.sentence("Read");
    if checking {
        text += &format!("Verification errors: {}\n", checks.wrong_content());
    }
    if let Some(sums) = sums {
        text += &format!("MD5 of all frames: {}\n", sums.all());
    }
    tell(json, &report, &text, done)
}

fn read(
    arguments: &ReaderArguments,
    tally: &mut Tally,
    checks: &mut Checks,
) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let config = BufferConfig::new(arguments.metadata_size.0, arguments.buffer_size.0);
    let mut source = Source::create(&arguments.name, &config, &signals)?;
    let limit = arguments.timeout_ms.limit();
    let done = loop {
        let left = arguments.frames.wrapping_sub(tally.frames);
        if left == 0 && arguments.frames != 0 {
            break Ok(());
        }
        let most = if arguments.frames == 0 {
            u64::MAX
        } else {
            left
        };
        let mut batch = match source.batch(most.min(arguments.batch_size), limit) {
            Ok(batch) => batch,
            Err(failure) => break Err(failure),
        };
        if batch.is_empty() {
            break source.ended(tally.frames, arguments.frames);
        }
        tally.begin();
        while let Some(frame) = batch.pop_front() {
            if let Some(wrong) = checks.look(&frame)? {
                tally.error(format!("Frame {}: {wrong}", tally.frames));
            }
            tally.count(frame.len());
            if tally.frames.is_multiple_of(LOG_INTERVAL) {
                tracing::info!(frames = tally.frames, "read");
            }
        }
    };
    let metadata = source.reader.metadata();
    if let Ok(Some(metadata)) = &metadata {
        tally.metadata_size = metadata.len() as u64;
    }
    done.and(metadata.map(drop).map_err(Failure::from))
}

/// A reader whose waits a signal ends.
pub struct Source {
    /// The library's.
    pub reader: Reader,
    signals: Signals,
}

impl Source {
    /// Makes the buffer.
    pub fn create(name: &str, config: &BufferConfig, signals: &Signals) -> Result<Source, Failure> {
        let reader = Reader::create(name, config)?;
        let waker = reader.waker();
        signals.then(move || waker.wake());
        tracing::info!(name, payload = reader.payload_size(), "the buffer is made");
        let signals = signals.clone();
        Ok(Source { reader, signals })
    }

    /// The next frame; none if the writer is gone and everything is read.
    pub fn next(&mut self, limit: Option<Duration>) -> Result<Option<Frame>, Failure> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            self.signals.check()?;
            let left = deadline.map(|when| when.saturating_duration_since(Instant::now()));
            match self.reader.read(left.unwrap_or(LONG)) {
                Ok(Some(frame)) => return Ok(Some(frame)),
                Err(Error::WriterDead { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
                Ok(None) => {}
            }
            if let Some(limit) = limit.filter(|_| left.is_some_and(|left| left.is_zero())) {
                self.signals.check()?;
                let name = self.reader.name().to_owned();
                return Err(Failure::Silent { name, limit });
            }
        }
    }

    /// The next frame, and those that are there already, up to `most`.
    fn batch(&mut self, most: u64, limit: Option<Duration>) -> Result<VecDeque<Frame>, Failure> {
        let mut batch: VecDeque<Frame> = self.next(limit)?.into_iter().collect();
        while !batch.is_empty() && (batch.len() as u64) < most {
            match self.reader.read(Duration::ZERO) {
                Ok(Some(frame)) => batch.push_back(frame),
                Ok(None) | Err(Error::WriterDead { .. }) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(batch)
    }

    /// Whether it is all right that there are no more.
    pub fn ended(&self, came: u64, wanted: u64) -> Result<(), Failure> {
        match wanted {
            0 => Ok(()),
            wanted => Err(Failure::EndedEarly {
                name: self.reader.name().to_owned(),
                came,
                wanted,
            }),
        }
    }
}
