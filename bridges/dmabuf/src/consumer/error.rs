//! What can go wrong for a consumer.

use std::io;
use std::path::PathBuf;

use crate::memory::MemoryError;
use crate::message::MessageError;
use crate::socket::SocketError;

/// Why a consumer cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsumerError {
    /// There is no connection.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The engine is a user's who is not believed.
    #[error(
        "the engine at '{}' is user {uid}'s, who is not among engine_uids",
        .path.display()
    )]
    Foreign {
        /// Where it listens.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The engine closed the connection, or is gone. It took back every frame.
    #[error("the engine is gone; connect again")]
    Closed,
    /// What a frame was to be returned with is no return. It was returned as an error instead.
    #[error("the frame was returned as an error: {0}")]
    Invalid(MessageError),
    /// The frame's memory cannot be read.
    #[error("the frame cannot be read: {0}")]
    Memory(#[from] MemoryError),
    /// The frame has no such plane.
    #[error("plane {index} of a frame that has {count}")]
    NoPlane {
        /// Which was asked for.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// The kernel refuses.
    #[error("cannot {what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// Why it was not.
        source: io::Error,
    },
}

impl ConsumerError {
    pub(super) fn system<E: Into<io::Error>>(
        what: &'static str,
    ) -> impl FnOnce(E) -> ConsumerError {
        move |source| ConsumerError::System {
            what,
            source: source.into(),
        }
    }
}
