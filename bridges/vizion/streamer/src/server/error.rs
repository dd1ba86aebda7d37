//! What can go wrong with the control socket.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no control socket, or why it ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Another daemon answers there.
    #[error("somebody answers at the socket {path}: end that daemon, or choose another path")]
    InUse {
        /// The socket's path.
        path: PathBuf,
    },
    /// Something else lies there.
    #[error("{path} is there already and is no socket: remove it, or choose another path")]
    NotASocket {
        /// The socket's path.
        path: PathBuf,
    },
    /// It can be no socket's.
    #[error("'{path}' cannot be the path of a socket: it needs 1 to 107 bytes and none that is 0")]
    Path {
        /// What was given.
        path: PathBuf,
    },
    /// Daemons that start at once take turns by this lock.
    #[error(
        "the directory {directory} stays locked by another process, so that no socket can be made \
         in it: see who holds it with 'lslocks', or choose another path"
    )]
    Locked {
        /// Where the socket would be.
        directory: PathBuf,
    },
    /// The kernel's word.
    #[error("cannot {what} {path}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// At what.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
}

impl ServerError {
    pub(super) fn io(what: &'static str, path: &Path, source: io::Error) -> ServerError {
        ServerError::Io {
            what,
            path: path.to_owned(),
            source,
        }
    }
}
