//! From shared memory to a key.

use std::time::Instant;

use cuframes_cli::args::VizionArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;
use vizion::{FrameReader, ShmError};

use super::TURN;
use super::inlet::Inlet;
use super::tally::Tally;
use crate::bridge::voice::Voice;

/// Carries the frames of one writer after the other.
pub fn run(
    arguments: &VizionArguments,
    voice: &Voice,
    signals: &Signals,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let mut reader = open(arguments, voice, signals)?;
    let mut inlet = Inlet::new(arguments, voice, signals);
    tally.peers = 1;
    connected(&reader, voice)?;
    // Since when there is no writer.
    let mut alone: Option<Instant> = None;
    while !tally.complete {
        signals.check()?;
        voice.show(tally);
        let reopened = reader.reopened();
        let taken = inlet.take(&mut reader, tally);
        tally.missed = reader.missed();
        if reader.reopened() > reopened {
            alone = None;
            tally.peers += 1;
            connected(&reader, voice)?;
        }
        match taken {
            Err(Failure::SharedMemory(
                error @ (ShmError::WriterDead { .. } | ShmError::WriterClosed { .. }),
            )) => {
                if arguments.once {
                    return inlet.finish();
                }
                let why = error.to_string();
                voice.tell("lost", &why, json!({"why": why}))?;
                alone = Some(Instant::now());
            }
            Err(Failure::SharedMemory(ShmError::WriterStalled { .. })) => {}
            taken => taken?,
        }
        let limit = arguments.connect_timeout.0;
        if let (Some(since), Some(limit)) = (alone, limit)
            && since.elapsed() >= limit
        {
            let name = voice.name().to_owned();
            return Err(ShmError::WriterClosed { name }.into());
        }
    }
    inlet.finish()
}

fn connected(reader: &FrameReader, voice: &Voice) -> Result<(), Failure> {
    let (sentence, writer) = match reader.writer_pid() {
        Some(pid) => (format!("frames come from process {pid}"), Some(pid)),
        None => ("frames come from a writer of another kind".to_owned(), None),
    };
    voice.tell("connected", &sentence, json!({"writer": writer}))
}

/// Opens the shared memory, now or when there is any.
fn open(
    arguments: &VizionArguments,
    voice: &Voice,
    signals: &Signals,
) -> Result<FrameReader, Failure> {
    let (name, started) = (voice.name(), Instant::now());
    let mut told = false;
    loop {
        signals.check()?;
        if let Some(reader) = FrameReader::await_open(name, TURN)? {
            return Ok(reader);
        }
        // What is there, and cannot be read, is told as what it is.
        let missing = match FrameReader::open(name) {
            Ok(reader) => return Ok(reader),
            Err(missing) => missing,
        };
        let limit = arguments.connect_timeout.0;
        if !told && limit.is_none_or(|limit| !limit.is_zero()) {
            let why = missing.to_string();
            voice.tell("waiting", &format!("waiting: {why}"), json!({"why": why}))?;
            told = true;
        }
        if limit.is_some_and(|limit| started.elapsed() >= limit) {
            return Err(missing.into());
        }
    }
}
