//! What can go wrong at a socket.

use std::io;
use std::path::{Path, PathBuf};

/// Why there is no socket.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    pub(super) fn system(what: &'static str, path: &Path, source: io::Error) -> SocketError {
        let path = path.to_owned();
        SocketError::System { what, path, source }
    }

    /// Whether it may work later: nobody listens yet, or more want to than can wait.
    pub(super) fn is_for_now(&self) -> bool {
        match self {
            SocketError::Nobody { .. } => true,
            SocketError::System { source, .. } => source.kind() == io::ErrorKind::WouldBlock,
            _ => false,
        }
    }
}

/// Why a packet was not sent. No part of it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The peer has not read what was sent before: EAGAIN. The socket polls writable when it has.
    #[error("the peer does not read")]
    Full,
    /// Peers have not read too many descriptors of this user, who has sent as many as a process may
    /// have open: ETOOMANYREFS. Nothing tells when they have.
    #[error("too many descriptors are on their way; raise RLIMIT_NOFILE")]
    TooManyDescriptors,
    /// It has more descriptors than its peer takes.
    #[error(
        "{count} descriptors in one packet; at most {} are taken",
        super::MAX_FDS
    )]
    TooManyInOne {
        /// How many.
        count: usize,
    },
    /// It is larger than the socket passes on: EMSGSIZE.
    #[error("a packet of {size} bytes is larger than the socket takes")]
    TooLarge {
        /// Its bytes.
        size: usize,
    },
    /// It has no bytes: its peer would take it for the end.
    #[error("a packet without a byte is the end of a connection")]
    Empty,
    /// The peer is gone.
    #[error("the peer is gone")]
    Gone,
    /// The kernel refuses.
    #[error("cannot send: {0}")]
    System(#[source] io::Error),
}
