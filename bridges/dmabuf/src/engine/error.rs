//! Why an engine does not run.

use crate::buffers::BufferError;
use crate::socket::SocketError;

/// Why an engine does not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// Its socket cannot be had.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// There are no buffers of the kind that was asked for.
    #[error(transparent)]
    Buffers(#[from] BufferError),
    /// An option that no engine can have.
    #[error("{0}")]
    Option(&'static str),
    /// The kernel refuses.
    #[error("cannot {what}: {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// Why it was not.
        source: std::io::Error,
    },
}
