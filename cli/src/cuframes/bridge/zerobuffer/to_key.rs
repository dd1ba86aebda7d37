//! From a buffer to a key.

use std::time::Instant;

use cuframes_cli::args::ZeroBufferArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;
use zerobuffer::{BufferConfig, DEFAULT_PAYLOAD_SIZE, Error, FRAME_HEADER_SIZE, Reader};

use super::TURN;
use super::description::Description;
use super::inlet::Inlet;
use super::tally::Tally;
use crate::bridge::voice::Voice;

/// Frames for which there is room, if nothing else is asked for.
const ROOM: u64 = 8;

/// How the reading of one buffer ended.
enum End {
    /// As many frames as wanted were carried.
    Complete,
    /// Its writer is gone, and everything that it wrote was read.
    Gone,
}

/// Carries the frames of one writer after the other.
pub fn run(
    arguments: &ZeroBufferArguments,
    voice: &Voice,
    signals: &Signals,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let caps = match &arguments.caps {
        Some(text) => Some(by_caps(text)?),
        None => None,
    };
    let config = config(arguments, caps.as_ref());
    let mut inlet = Inlet::new(arguments, voice, signals);
    loop {
        let mut source = Source::create(voice, &config, caps)?;
        let end = source.carry(arguments, &mut inlet, signals, tally)?;
        // The next writer has metadata of its own to write, which needs a new buffer.
        drop(source);
        if matches!(end, End::Complete) || arguments.once {
            return inlet.finish();
        }
        let sentence = "the writer of the buffer is gone; waiting for the next";
        voice.tell("lost", sentence, json!({}))?;
    }
}

fn by_caps(text: &str) -> Result<Description, Failure> {
    let wrong = |why| Failure::Usage(format!("--caps \"{text}\": {why}"));
    Description::by_caps(text).map_err(wrong)
}

fn config(arguments: &ZeroBufferArguments, caps: Option<&Description>) -> BufferConfig {
    let payload = match (arguments.payload_size, caps) {
        (Some(bytes), _) => bytes.0,
        (None, Some(caps)) => ROOM * (caps.size() + FRAME_HEADER_SIZE) as u64,
        (None, None) => DEFAULT_PAYLOAD_SIZE,
    };
    BufferConfig::new(arguments.metadata_size.0, payload)
}

/// A buffer that was made for one writer.
struct Source<'a> {
    reader: Reader,
    voice: &'a Voice,
    description: Option<Description>,
    /// Since when there is no writer.
    alone: Instant,
    connected: bool,
}

impl<'a> Source<'a> {
    fn create(
        voice: &'a Voice,
        config: &BufferConfig,
        description: Option<Description>,
    ) -> Result<Source<'a>, Failure> {
        let reader = Reader::create(voice.name(), config)?;
        let payload = reader.payload_size();
        let sentence = format!("the buffer is there, with {payload} bytes for frames");
        voice.tell("created", &sentence, json!({"payload_size": payload}))?;
        Ok(Source {
            reader,
            voice,
            description,
            alone: Instant::now(),
            connected: false,
        })
    }

    fn carry(
        &mut self,
        arguments: &ZeroBufferArguments,
        inlet: &mut Inlet<'_>,
        signals: &Signals,
        tally: &mut Tally,
    ) -> Result<End, Failure> {
        while !tally.complete {
            signals.check()?;
            self.voice.show(tally);
            let frame = match self.reader.read(TURN) {
                Ok(frame) => frame,
                Err(Error::WriterDead { .. }) => return Ok(End::Gone),
                Err(error) => return Err(error.into()),
            };
            self.notice_writer(frame.is_some(), arguments, tally)?;
            if let Some(frame) = frame {
                let description = self.describe()?;
                inlet.take(frame, &description, tally)?;
            }
        }
        Ok(End::Complete)
    }

    /// Says once that there is a writer; gives up if there is none for too long.
    fn notice_writer(
        &mut self,
        has_written: bool,
        arguments: &ZeroBufferArguments,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        if self.connected {
            return Ok(());
        }
        let writer = self.reader.writer_pid();
        if has_written || writer.is_some() {
            self.connected = true;
            tally.peers += 1;
            let sentence = format!("frames come from process {}", writer.unwrap_or_default());
            return self
                .voice
                .tell("connected", &sentence, json!({"writer": writer}));
        }
        match arguments.connect_timeout.0 {
            Some(limit) if self.alone.elapsed() >= limit => {
                let name = self.voice.name().to_owned();
                Err(Error::WriterDead { name }.into())
            }
            _ => Ok(()),
        }
    }

    /// What the frames are, by the metadata that was written before the first of them.
    fn describe(&mut self) -> Result<Description, Failure> {
        if let Some(description) = self.description {
            return Ok(description);
        }
        let unusable = |reason: String| Failure::Metadata {
            buffer: self.voice.name().to_owned(),
            reason,
        };
        let metadata = self.reader.metadata()?.ok_or_else(|| {
            unusable("its frames come without metadata; say what they are with --caps".to_owned())
        })?;
        let description = Description::parse(&metadata).map_err(|why| {
            unusable(format!(
                "its metadata does not say what the frames are: {why}; say it with --caps"
            ))
        })?;
        self.description = Some(description);
        Ok(description)
    }
}
