//! What can go wrong for a client.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::MAX_REQUEST;

/// Why a client has no answer, or not the one it wanted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody listens there.
    #[error(
        "no daemon listens at {}; start one: vizion-streamer --camera v4l2:/dev/video0 --socket {}",
        .path.display(), .path.display()
    )]
    NoDaemon {
        /// The socket.
        path: PathBuf,
    },
    /// The socket is there and this user must not use it.
    #[error(
        "this user may not talk to the daemon at {}; be its owner, or have it started with \
         --allow-uid and a --socket-mode that lets this user in",
        .path.display()
    )]
    Permission {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon ended the connection.
    #[error(
        "the daemon at {} closed the connection without an answer to {command}; its log says why",
        .path.display()
    )]
    Closed {
        /// The socket.
        path: PathBuf,
        /// What it was asked for.
        command: String,
    },
    /// The daemon says nothing.
    #[error(
        "the daemon at {} did not answer {command} within {} ms; is it stopped, or busy?",
        .path.display(), .limit.as_millis()
    )]
    Silent {
        /// The socket.
        path: PathBuf,
        /// What it was asked for.
        command: String,
        /// How long the wait was.
        limit: Duration,
    },
    /// The answer is none.
    #[error(
        "{} is not a VizionStreamer's socket: the answer to {command} is no JSON object: {answer:?}",
        .path.display()
    )]
    NotJson {
        /// The socket.
        path: PathBuf,
        /// What it was asked for.
        command: String,
        /// How the answer begins.
        answer: String,
    },
    /// The daemon says no.
    #[error("{command}: {message}")]
    Refused {
        /// What it was asked for.
        command: String,
        /// Why, in its words.
        message: String,
        /// Why, in one word.
        code: Option<String>,
    },
    /// No request can be that long.
    #[error("the request for {command} has {length} bytes, and {MAX_REQUEST} are the most")]
    TooLong {
        /// What was to be asked for.
        command: String,
        /// Bytes of it.
        length: usize,
    },
    /// The kernel's word.
    #[error("{doing} {}: {source}", .path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}
