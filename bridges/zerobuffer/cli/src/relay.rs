//! `zerobuffer relay`.

use std::time::Duration;

use program::signals::Signals;
use serde::Serialize;
use zerobuffer::{BufferConfig, DEFAULT_METADATA_SIZE, Reader, Writer};

use crate::args::RelayArguments;
use crate::awaiting;
use crate::exit::Failure;
use crate::read::Source;
use crate::space;
use crate::tally::{Tally, tell};
use crate::transform::Carrier;

/// The result, with the names that the other languages have.
#[derive(Serialize)]
struct Report<'a> {
    operation: &'static str,
    input_buffer: &'a str,
    output_buffer: &'a str,
    frames_relayed: u64,
    metadata_relayed: bool,
    metadata_size: u64,
    total_bytes: u64,
    duration_seconds: f64,
    throughput_mbps: f64,
    errors: &'a [String],
}

/// Relays the frames asked for, and tells how it went.
pub fn run(arguments: &RelayArguments) -> Result<(), Failure> {
    let mut tally = Tally::default();
    let done = relay(arguments, &mut tally);
    if let Err(failure) = &done {
        tally.error(failure.to_string());
    }
    let report = Report {
        operation: "relay",
        input_buffer: &arguments.input,
        output_buffer: &arguments.output_name,
        frames_relayed: tally.frames,
        metadata_relayed: tally.metadata_size > 0,
        metadata_size: tally.metadata_size,
        total_bytes: tally.bytes,
        duration_seconds: tally.seconds(),
        throughput_mbps: tally.throughput(),
        errors: tally.errors(),
    };
    let text = tally.sentence("Relayed");
    tell(arguments.output.json_output, &report, &text, done)
}

fn relay(arguments: &RelayArguments, tally: &mut Tally) -> Result<(), Failure> {
    if arguments.input == arguments.output_name {
        let why = "INPUT and OUTPUT are two buffers; give them different names";
        return Err(Failure::Usage(why.to_owned()));
    }
    let signals = Signals::catch()?;
    let config = BufferConfig::new(DEFAULT_METADATA_SIZE, arguments.buffer_size.0);
    let mut source = Source::create(&arguments.input, &config, &signals)?;
    let mut output = Output::open(arguments, &config, &signals)?;
    let mut carrier = Carrier::new(arguments.transform, arguments.xor_key);
    let limit = arguments.timeout_ms.limit();
    while arguments.frames == 0 || tally.frames < arguments.frames {
        let next = source.next(limit)?;
        output.take_metadata(&source.reader, tally)?;
        let Some(frame) = next else {
            return source.ended(tally.frames, arguments.frames);
        };
        tally.begin();
        let writer = &mut output.writer;
        space::fill(writer, frame.len(), limit, &signals, |mut buffer| {
            carrier.carry(&frame, &mut buffer);
            buffer.commit();
        })?;
        tally.count(frame.len());
        frame.release();
        output.empty()?;
        if tally.frames.is_multiple_of(arguments.log_interval) {
            let (frames, bytes) = (tally.frames, tally.bytes);
            tracing::info!(frames, bytes, "relayed, {:.2} MB/s", tally.throughput());
        }
    }
    Ok(())
}

/// The buffer to write to.
struct Output {
    writer: Writer,
    /// Who reads it, if nobody else is to.
    reader: Option<Reader>,
}

impl Output {
    fn open(
        arguments: &RelayArguments,
        config: &BufferConfig,
        signals: &Signals,
    ) -> Result<Output, Failure> {
        let name = &arguments.output_name;
        let reader = arguments
            .create_output
            .then(|| Reader::create(name, config));
        let reader = reader.transpose()?;
        let mut writer = awaiting::connect(name, arguments.timeout_ms, signals)?;
        space::in_turns(&mut writer);
        Ok(Output { writer, reader })
    }

    /// Writes the metadata of the input, once it is there and if it is not written yet.
    fn take_metadata(&mut self, from: &Reader, tally: &mut Tally) -> Result<(), Failure> {
        if tally.metadata_size == 0
            && let Some(metadata) = from.metadata()?
            && !metadata.is_empty()
        {
            self.writer.set_metadata(&metadata)?;
            tally.metadata_size = metadata.len() as u64;
        }
        Ok(())
    }

    /// Takes out what was written, if that is not somebody else's work.
    fn empty(&mut self) -> Result<(), Failure> {
        if let Some(reader) = &mut self.reader {
            while reader.read(Duration::ZERO)?.is_some() {}
        }
        Ok(())
    }
}
