//! Why there is no socket.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no socket.
///
/// A program with words of its own for these names each of them, and the compiler tells it of a new
/// one.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// No path that a socket can have.
    #[error("'{}' is no path of a socket; it has 1 to 107 bytes", .path.display())]
    Path {
        /// What was given.
        path: PathBuf,
    },
    /// Somebody answers there.
    #[error("somebody listens at '{}' already; stop it, or choose another path", .path.display())]
    InUse {
        /// Where.
        path: PathBuf,
    },
    /// A file of another kind lies there, and is left alone.
    #[error("'{}' is not a socket; move it away, or choose another path", .path.display())]
    NotASocket {
        /// Where.
        path: PathBuf,
    },
    /// Others keep the directory locked, as they make their sockets.
    #[error("the directory '{}' is locked by others for too long", .directory.display())]
    Locked {
        /// Which.
        directory: PathBuf,
    },
    /// Nobody listens there.
    #[error("nobody listens at '{}'", .path.display())]
    Nobody {
        /// Where.
        path: PathBuf,
    },
    /// The kernel refuses.
    #[error("cannot {what} '{}': {source}", .path.display())]
    System {
        /// What was to be done.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why it was not.
        source: io::Error,
    },
}

impl SocketError {
    pub(crate) fn system(what: &'static str, path: &Path, source: io::Error) -> SocketError {
        let path = path.to_owned();
        SocketError::System { what, path, source }
    }

    /// Whether it may work later: nobody listens yet, or more want to than can wait.
    #[must_use]
    pub fn is_for_now(&self) -> bool {
        match self {
            SocketError::Nobody { .. } => true,
            SocketError::System { source, .. } => source.kind() == io::ErrorKind::WouldBlock,
            _ => false,
        }
    }
}
