//! The consumer's end of the connection.
//!
//! A frame is the consumer's until it is returned: by [`return_success`](LentFrame::return_success),
//! by [`return_error`](LentFrame::return_error), or by being dropped, which returns it as an error.
//!
//! ```
//! use frame_lending::consumer::{Consumer, ConsumerError, ConsumerOptions, LentFrame};
//! use std::time::Duration;
//!
//! fn look(frame: &LentFrame) -> Result<usize, ConsumerError> {
//!     let mut pixels = Vec::new();
//!     frame.copy_plane(0, &mut pixels)?;
//!     Ok(pixels.iter().filter(|&&luma| luma > 235).count())
//! }
//!
//! fn run(options: &ConsumerOptions) -> Result<(), ConsumerError> {
//!     let mut consumer = Consumer::connect(options)?;
//!     while let Some(frame) = consumer.receive(Some(Duration::from_secs(10)))? {
//!         let too_bright = look(&frame)?;
//!         println!("{} {}: {too_bright}", frame.send().stream_id, frame.send().sequence);
//!         frame.return_success("brightness", Duration::ZERO, Vec::new())?;
//!     }
//!     Ok(())
//! }
//!
//! let mut options = ConsumerOptions::at("/nowhere/ai-stream.sock");
//! options.patience = Some(Duration::ZERO);
//! assert!(matches!(run(&options), Err(ConsumerError::Socket(_))));
//! ```

mod engine_link;
mod error;
mod frame;
mod layout;
mod maps;
mod refusal;

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::PollFlags;

use crate::failpoint::{Point, reach};
use crate::message::{self, Hello, MAX_PACKET, MessageError, VERSION, parse_send};
use crate::socket::{Connection, Packet, Received};

use engine_link::EngineLink;
pub use error::ConsumerError;
pub use frame::{LentFrame, PlaneView};
use maps::Maps;
pub use refusal::Refusal;

/// How a consumer connects.
#[derive(Clone, Debug)]
pub struct ConsumerOptions {
    /// The engine's socket.
    pub path: PathBuf,
    /// Whether to ask for the extensions: frames where they are, and not a copy of each.
    pub hello: bool,
    /// What it calls itself, for the engine's tables.
    pub name: Option<String>,
    /// How long to try to connect; `None` is for ever, zero once.
    pub patience: Option<Duration>,
    /// Whose engines are believed: this process's own user's, root's, and these users'. `None` is
    /// anybody's, who may then have this process look at whatever it likes.
    pub engine_uids: Option<Vec<u32>>,
    /// Of memory that an engine sends again with each frame, how much stays mapped. What it sends
    /// once stays until the end.
    pub kept_maps: usize,
}

impl ConsumerOptions {
    /// A consumer at `path` that asks for the extensions and tries once.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> ConsumerOptions {
        ConsumerOptions {
            path: path.into(),
            hello: true,
            name: None,
            patience: Some(Duration::ZERO),
            engine_uids: None,
            kept_maps: 16,
        }
    }
}

/// A connection to an engine.
#[derive(Debug)]
pub struct Consumer {
    link: Arc<EngineLink>,
    maps: Maps,
    buffer: Vec<u8>,
    refused: u64,
    last_refusal: Option<Refusal>,
    complaints: u64,
    last_complaint: Option<String>,
}

impl Consumer {
    /// Connects, again and again with longer and longer pauses while nobody is there.
    pub fn connect(options: &ConsumerOptions) -> Result<Consumer, ConsumerError> {
        let connection = Connection::connect_within(&options.path, options.patience)?;
        if let Some(uids) = &options.engine_uids {
            check_engine(&connection, &options.path, uids)?;
        }
        let link = EngineLink::new(connection, options.hello);
        if options.hello {
            let name = options.name.clone();
            link.say(&Hello { v: VERSION, name }.to_json())?;
        }
        Ok(Consumer {
            link: Arc::new(link),
            maps: Maps::new(options.kept_maps),
            buffer: vec![0; MAX_PACKET],
            refused: 0,
            last_refusal: None,
            complaints: 0,
            last_complaint: None,
        })
    }

    /// The next frame; `None` if there is none for so long.
    ///
    /// A frame that cannot be taken is returned to the engine as an error, and counted.
    pub fn receive(&mut self, limit: Option<Duration>) -> Result<Option<LentFrame>, ConsumerError> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let received = self.link.connection().receive(&mut self.buffer);
            match received.map_err(ConsumerError::system("receive a frame"))? {
                Received::Closed => return Err(ConsumerError::Closed),
                Received::Packet(packet) => {
                    if let Some(frame) = self.take(packet)? {
                        return Ok(Some(frame));
                    }
                }
                Received::Nothing => {
                    let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
                    if left.is_some_and(|left| left.is_zero()) {
                        return Ok(None);
                    }
                    self.link.wait(PollFlags::IN, left)?;
                }
            }
        }
    }

    /// Frames that could not be taken.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Why the last of these could not.
    #[must_use]
    pub fn last_refusal(&self) -> Option<&Refusal> {
        self.last_refusal.as_ref()
    }

    /// How often the engine said that it cannot read a message of ours.
    #[must_use]
    pub fn complaints(&self) -> u64 {
        self.complaints
    }

    /// What it said of the last one.
    #[must_use]
    pub fn last_complaint(&self) -> Option<&str> {
        self.last_complaint.as_deref()
    }

    /// A packet as a frame, if it is one.
    fn take(&mut self, packet: Packet) -> Result<Option<LentFrame>, ConsumerError> {
        reach(Point::FrameReceived);
        let bytes = self.buffer.get(..packet.len).unwrap_or_default();
        let (refusal, stream_id, sequence) = match parse_send(bytes) {
            _ if packet.is_cut => (Refusal::Cut, String::new(), 0),
            Ok(send) => match self.maps.of(&send, packet) {
                Ok((map, planes)) => {
                    reach(Point::FrameMapped);
                    let link = Arc::clone(&self.link);
                    return Ok(Some(LentFrame::new(link, send, map, planes)));
                }
                Err(refusal) => (refusal, send.stream_id, send.sequence),
            },
            // An answer to an answer would be answered.
            Err(MessageError::Direction { direction, .. }) if direction == "return" => {
                self.complaints += 1;
                self.last_complaint = message::parse_complaint(bytes);
                return Ok(None);
            }
            Err(error) => {
                let (stream_id, sequence) = message::parse_named(bytes).unwrap_or_default();
                (Refusal::Message(error), stream_id, sequence)
            }
        };
        let told = self.link.refuse(stream_id, sequence, &refusal);
        self.refused += 1;
        self.last_refusal = Some(refusal);
        told.map(|()| None)
    }
}

/// Whether the engine is one that is believed.
fn check_engine(connection: &Connection, path: &Path, uids: &[u32]) -> Result<(), ConsumerError> {
    let peer = connection.peer();
    let peer = peer.map_err(ConsumerError::system("ask whose engine it is"))?;
    match peer.is_trusted(uids) {
        true => Ok(()),
        false => Err(ConsumerError::Foreign {
            path: path.to_owned(),
            uid: peer.uid,
        }),
    }
}

impl AsFd for Consumer {
    /// To be polled for frames.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.link.connection().as_fd()
    }
}
