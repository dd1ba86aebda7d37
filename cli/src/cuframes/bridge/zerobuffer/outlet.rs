//! The buffer that gets the frames: there, not there yet, or made anew by its reader.

use std::time::Instant;

use cuframes::{Frame, MemoryKind};
use cuframes_cli::args::ZeroBufferArguments;
use cuframes_cli::exit::Failure;
use serde_json::json;
use zerobuffer::{Error, Writer};

use super::TURN;
use super::copying;
use super::description::Description;
use super::tally::Tally;
use crate::bridge::voice::Voice;

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The reader will see it.
    Done,
    /// The buffer was full.
    Full,
    /// There was no reader.
    Alone,
}

/// Writes to the buffer as long as it has a reader.
pub struct Outlet<'a> {
    arguments: &'a ZeroBufferArguments,
    voice: &'a Voice,
    description: Description,
    writer: Option<Writer>,
    /// When it was last looked for a reader.
    looked: Option<Instant>,
    /// Since when there is none.
    alone: Instant,
    /// What is waited for, as it was told last.
    told: Option<String>,
    /// A frame that was downloaded from a GPU.
    downloaded: Vec<u8>,
}

impl<'a> Outlet<'a> {
    /// Connects nowhere yet.
    pub fn new(
        arguments: &'a ZeroBufferArguments,
        voice: &'a Voice,
        description: Description,
    ) -> Outlet<'a> {
        Outlet {
            arguments,
            voice,
            description,
            writer: None,
            looked: None,
            alone: Instant::now(),
            told: None,
            downloaded: Vec::new(),
        }
    }

    /// The frames are these from here on. A buffer that was told others has to be made anew.
    pub fn describe(&mut self, description: Description) -> Result<(), Failure> {
        if self.description.carries(&description) {
            return Ok(());
        }
        self.description = description;
        let caps = description.caps.text();
        if self.arguments.once {
            return Err(self.unusable(&format!(
                "the frames are {caps} now, and metadata is written once in a buffer's life; \
                 start its reader and this bridge again"
            )));
        }
        let sentence = format!("from here on {caps}; the reader has to make the buffer anew");
        self.voice
            .tell("format", &sentence, json!({"caps": caps}))?;
        self.leave();
        Ok(())
    }

    /// Looks after the connection. True: there is a reader, who has room for a frame.
    pub fn is_ready(&mut self, tally: &mut Tally) -> Result<bool, Failure> {
        if !self.is_connected(tally)? {
            return Ok(false);
        }
        let size = self.description.size();
        let Some(writer) = &mut self.writer else {
            return Ok(false);
        };
        // Space that is not committed is given up again.
        match writer.buffer(size).map(drop) {
            Ok(()) => Ok(true),
            Err(error) => self.refused(error).map(|_| false),
        }
    }

    /// Looks after the connection. True: there is a reader.
    pub fn is_connected(&mut self, tally: &mut Tally) -> Result<bool, Failure> {
        if self.looked.is_none_or(|when| when.elapsed() >= TURN) {
            self.looked = Some(Instant::now());
            if self
                .writer
                .as_ref()
                .is_some_and(|writer| !writer.is_reader_connected())
            {
                self.lost()?;
            }
            if self.writer.is_none() {
                self.connect(tally)?;
            }
        }
        Ok(self.writer.is_some())
    }

    /// Writes a frame, which is given back.
    pub fn put(&mut self, frame: Frame, tally: &mut Tally) -> Result<Put, Failure> {
        if !self.is_connected(tally)? {
            return Ok(Put::Alone);
        }
        let size = self.description.size();
        let (Some(writer), Some(packing)) = (&mut self.writer, self.description.packing(size))
        else {
            return Ok(Put::Alone);
        };
        let mut space = match writer.buffer(size) {
            Ok(space) => space,
            Err(error) => return self.refused(error),
        };
        if frame.memory() == MemoryKind::Host {
            copying::to_buffer(&frame, &packing, &mut space);
        } else {
            let bytes = usize::try_from(frame.layout().packed_size()).unwrap_or(usize::MAX);
            self.downloaded.resize(bytes, 0);
            frame.copy_to(&mut self.downloaded)?;
            copying::packed_to_buffer(&self.downloaded, &packing, &mut space);
        }
        // Whoever was evicted meanwhile may have copied half of another frame.
        frame.release()?;
        space.commit();
        tally.carried(size, self.arguments.frames);
        Ok(Put::Done)
    }

    /// What a writer's error means for a frame.
    fn refused(&mut self, error: Error) -> Result<Put, Failure> {
        match error {
            Error::BufferFull { .. } => Ok(Put::Full),
            Error::ReaderDead { .. } => self.lost().map(|()| Put::Alone),
            error => Err(error.into()),
        }
    }

    fn lost(&mut self) -> Result<(), Failure> {
        self.leave();
        if self.arguments.once {
            let name = self.voice.name().to_owned();
            return Err(Error::ReaderDead { name }.into());
        }
        let sentence = "the reader of the buffer is gone; waiting for the next";
        self.voice.tell("lost", sentence, json!({}))
    }

    fn leave(&mut self) {
        self.writer = None;
        self.alone = Instant::now();
        self.looked = None;
        self.told = None;
    }

    /// Tries to become the writer, once.
    fn connect(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        let waiting = match self.join() {
            Ok(writer) => {
                tally.peers += 1;
                let reader = writer.reader_pid();
                self.writer = Some(writer);
                let sentence = format!("frames go to process {}", reader.unwrap_or_default());
                return self
                    .voice
                    .tell("connected", &sentence, json!({"reader": reader}));
            }
            Err(Failure::Buffer(
                error @ (Error::BufferNotFound { .. }
                | Error::NotReady { .. }
                | Error::ReaderDead { .. }
                | Error::MetadataAlreadyWritten { .. }),
            )) => Failure::from(error),
            Err(waiting @ Failure::Metadata { .. }) if !self.arguments.once => waiting,
            Err(failure) => return Err(failure),
        };
        let limit = self.arguments.connect_timeout.0;
        if limit.is_some_and(|limit| self.alone.elapsed() >= limit) {
            return Err(waiting);
        }
        let why = waiting.to_string();
        if self.told.as_ref() != Some(&why) {
            self.voice
                .tell("waiting", &format!("waiting: {why}"), json!({"why": why}))?;
            self.told = Some(why);
        }
        Ok(())
    }

    /// Connects to a buffer whose metadata is not written yet, or says what these frames are.
    fn join(&self) -> Result<Writer, Failure> {
        let name = self.voice.name();
        let written = zerobuffer::inspect(name)?.metadata;
        if let Some(metadata) = &written {
            match Description::parse(metadata) {
                Ok(other) if other.carries(&self.description) => {}
                Ok(other) => {
                    return Err(self.unusable(&format!(
                        "it has the metadata of other frames, {}, and metadata is written once; \
                         its reader has to make it anew",
                        other.caps.text()
                    )));
                }
                Err(why) => {
                    return Err(self.unusable(&format!(
                        "it has metadata of somebody else ({why}), which is written once; its \
                         reader has to make it anew"
                    )));
                }
            }
        }
        let mut writer = Writer::connect(name)?;
        writer.set_write_timeout(match self.arguments.wait {
            true => TURN,
            false => std::time::Duration::ZERO,
        });
        if written.is_none() {
            writer.set_metadata(self.description.to_json().as_bytes())?;
        }
        Ok(writer)
    }

    fn unusable(&self, reason: &str) -> Failure {
        Failure::Metadata {
            buffer: self.voice.name().to_owned(),
            reason: reason.to_owned(),
        }
    }
}
