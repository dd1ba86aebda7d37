//! What can go wrong with the control socket.

use std::io;
use std::path::PathBuf;

use socket::SocketError;

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

impl From<SocketError> for ServerError {
    fn from(error: SocketError) -> ServerError {
        match error {
            SocketError::InUse { path } => ServerError::InUse { path },
            SocketError::NotASocket { path } => ServerError::NotASocket { path },
            SocketError::Path { path } => ServerError::Path { path },
            SocketError::Locked { directory } => ServerError::Locked { directory },
            SocketError::System { what, path, source } => ServerError::Io { what, path, source },
            // A server never connects, but this is what the kernel would have said.
            SocketError::Nobody { path } => ServerError::Io {
                what: "connect to",
                path,
                source: io::ErrorKind::ConnectionRefused.into(),
            },
        }
    }
}
