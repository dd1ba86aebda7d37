//! `vizion read`.

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use program::output::print;
use program::signals::Signals;
use serde_json::json;
use vizion::{FrameHeader, FrameReader, ShmError};

use crate::args::ReadArguments;
use crate::exit::Failure;

/// How long one wait is, at whose end signals are looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Reads the frames asked for. What was missed is told at the end.
pub fn run(arguments: &ReadArguments, json: bool) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let mut output = Output::of(arguments, json)?;
    let mut source = open(arguments, &signals)?;
    let mut frames = 0;
    let done = loop {
        if frames == arguments.count && frames != 0 {
            break Ok(());
        }
        match next(&mut source, arguments, &signals, &mut output) {
            Ok(()) => frames += 1,
            Err(Failure::Memory(ShmError::WriterClosed { name })) => {
                break match arguments.count {
                    0 => Ok(()),
                    wanted => Err(Failure::EndedEarly {
                        name,
                        frames,
                        wanted,
                    }),
                };
            }
            Err(failure) => break Err(failure),
        }
    };
    if !json {
        let missed = source.missed();
        let told = writeln!(io::stderr(), "{frames} frames read, {missed} missed");
        told.map_err(Failure::io("write to standard error"))?;
    }
    done
}

/// Opens the memory, or waits for it.
fn open(arguments: &ReadArguments, signals: &Signals) -> Result<FrameReader, Failure> {
    if !arguments.follow {
        return Ok(FrameReader::open(&arguments.name)?);
    }
    await_some(arguments, signals, || {
        FrameReader::await_open(&arguments.name, LOOK)
    })
}

/// Reads one frame and tells it.
fn next(
    source: &mut FrameReader,
    arguments: &ReadArguments,
    signals: &Signals,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut bytes = std::mem::take(&mut output.bytes);
    let header = await_some(arguments, signals, || {
        let found = match output.how {
            How::Line => source.next(LOOK),
            How::Md5 | How::Raw(_) => source.read(&mut bytes, LOOK),
        };
        match found {
            Err(
                error @ (ShmError::WriterDead { .. }
                | ShmError::WriterClosed { .. }
                | ShmError::WriterStalled { .. }),
            ) if arguments.follow => {
                // Nobody has to be there to be told.
                let _ = writeln!(io::stderr(), "vizion: {error}");
                Ok(None)
            }
            found => found,
        }
    })?;
    output.bytes = bytes;
    output.tell(&header)
}

/// Waits for something in pieces, until the time is over or a signal comes.
fn await_some<T>(
    arguments: &ReadArguments,
    signals: &Signals,
    mut wait: impl FnMut() -> Result<Option<T>, ShmError>,
) -> Result<T, Failure> {
    let limit = arguments.timeout.0;
    let began = Instant::now();
    loop {
        signals.check()?;
        if let Some(some) = wait()? {
            return Ok(some);
        }
        if began.elapsed() >= limit {
            let name = arguments.name.clone();
            return Err(Failure::NoFrame { name, limit });
        }
    }
}

/// Where frames go, and what of them.
struct Output {
    how: How,
    json: bool,
    /// Those of the last frame, where they matter.
    bytes: Vec<u8>,
}

enum How {
    /// What the header says.
    Line,
    /// That, and the sum of the bytes.
    Md5,
    /// The bytes.
    Raw(Box<dyn Write>),
}

impl Output {
    fn of(arguments: &ReadArguments, json: bool) -> Result<Output, Failure> {
        let how = match (&arguments.output, arguments.raw, arguments.md5) {
            (Some(path), _, _) => {
                let failed = Failure::io(format!("make {}", path.display()));
                How::Raw(Box::new(File::create(path).map_err(failed)?))
            }
            (None, true, _) => How::Raw(Box::new(io::stdout().lock())),
            (None, false, true) => How::Md5,
            (None, false, false) => How::Line,
        };
        let bytes = Vec::new();
        Ok(Output { how, json, bytes })
    }

    fn tell(&mut self, header: &FrameHeader) -> Result<(), Failure> {
        let sum = match &mut self.how {
            How::Line => None,
            How::Md5 => Some(hex(&Md5::digest(&self.bytes))),
            How::Raw(file) => {
                let written = file.write_all(&self.bytes).and_then(|()| file.flush());
                return written.map_err(Failure::io("write frames"));
            }
        };
        let line = match self.json {
            true => json_line(header, sum),
            false => line(header, sum),
        };
        Ok(print(&line)?)
    }
}

fn line(header: &FrameHeader, sum: Option<String>) -> String {
    let FrameHeader {
        frame_sequence,
        width,
        height,
        format,
        data_size,
        timestamp_ns,
        ..
    } = header;
    let seconds = timestamp_ns / 1_000_000_000;
    let nanoseconds = timestamp_ns % 1_000_000_000;
    let sum = sum.map(|sum| format!("  {sum}")).unwrap_or_default();
    format!(
        "{frame_sequence}  {width}x{height} {format}  {data_size} bytes  \
         {seconds}.{nanoseconds:09}{sum}\n"
    )
}

fn json_line(header: &FrameHeader, sum: Option<String>) -> String {
    let mut frame = json!({
        "sequence": header.frame_sequence,
        "width": header.width,
        "height": header.height,
        "format": header.format,
        "size": header.data_size,
        "timestamp_ns": header.timestamp_ns,
    });
    if let Some(sum) = sum {
        frame["md5"] = json!(sum);
    }
    format!("{frame}\n")
}

fn hex(sum: &[u8]) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
