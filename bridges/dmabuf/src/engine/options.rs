//! What an engine can be told.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{EngineError, Lending};
use crate::buffers::BufferKind;
use crate::message::DetectionMessage;

/// What an engine can be told.
#[derive(Clone)]
#[non_exhaustive]
pub struct EngineOptions {
    /// Where consumers connect.
    pub socket: PathBuf,
    /// Who may: the mode of that file.
    pub mode: u32,
    /// Users whose processes are served besides those of this one and of root.
    pub allow_uids: Vec<u32>,
    /// Frames of each stream that a consumer may have at a time, those included that it has had for
    /// too long.
    pub window: usize,
    /// How long it may have one.
    pub timeout: Duration,
    /// What copies lie in. Kinds of DMA-BUFs are for devices: every frame is copied into one.
    pub buffers: BufferKind,
    /// Consumers at a time.
    pub max_consumers: usize,
    /// Told of what happens, by the thread of the consumer.
    pub observer: Arc<dyn Observer>,
}

/// Told of what happens.
pub trait Observer: Send + Sync {
    /// A consumer returned a frame, with what it found in it. It is late if the frame was reported
    /// as timed out before.
    fn returned(&self, message: &DetectionMessage, is_late: bool) {
        let _ = (message, is_late);
    }

    /// A consumer was lent its first frame of a stream, or is lent its frames in another way than
    /// before.
    fn lending(&self, consumer: &str, stream: &str, lending: Lending) {
        let _ = (consumer, stream, lending);
    }

    /// A consumer did not return a frame in time.
    fn timed_out(&self, consumer: &str, stream: &str, sequence: i64) {
        let _ = (consumer, stream, sequence);
    }
}

/// Nobody is told.
impl Observer for () {}

impl EngineOptions {
    /// The usual ones.
    #[must_use]
    pub fn new(socket: impl Into<PathBuf>) -> EngineOptions {
        EngineOptions {
            socket: socket.into(),
            mode: 0o660,
            allow_uids: Vec::new(),
            window: 2,
            timeout: Duration::from_millis(200),
            buffers: BufferKind::Memfd,
            max_consumers: 64,
            observer: Arc::new(()),
        }
    }

    pub(super) fn check(&self) -> Result<(), EngineError> {
        match (self.window, self.timeout) {
            (0, _) => Err(EngineError::Option("a window of 0 frames lends none")),
            (_, Duration::ZERO) => Err(EngineError::Option("a time-out of 0 lends nothing")),
            _ => Ok(()),
        }
    }
}
