//! What can go wrong between a gateway and its listeners.

use std::io;
use std::path::PathBuf;

use rustix::io::Errno;

use crate::message::MessageError;
use crate::socket::SocketError;

/// Why there are no detections.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// There is no socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Somebody else's gateway, whose word nothing is given for.
    #[error(
        "'{}' belongs to user {uid}; allow that user if it is to be listened to", .path.display()
    )]
    Foreign {
        /// Where it listens.
        path: PathBuf,
        /// Whose it is.
        uid: u32,
    },
    /// The gateway ended, or turned this listener away.
    #[error("the gateway has closed the connection")]
    Closed,
    /// The gateway says what is no message of detections.
    #[error("the gateway sent {0}")]
    Message(#[from] MessageError),
    /// The kernel refuses.
    #[error("cannot {what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// Why it was not.
        source: io::Error,
    },
}

impl GatewayError {
    pub(super) fn system(what: &'static str) -> impl FnOnce(Errno) -> GatewayError {
        move |error| GatewayError::System {
            what,
            source: error.into(),
        }
    }
}
