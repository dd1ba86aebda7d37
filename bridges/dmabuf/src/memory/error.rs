//! What can be wrong with memory of others.

use std::io;

/// Why memory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// It is neither a DMA-BUF nor a memfd: a file, a directory, a socket.
    #[error("a descriptor that is neither a DMA-BUF nor a memfd")]
    Kind,
    /// Its owner could take pages away from it, and whoever looks at them would be killed.
    #[error("a memfd that can shrink; its sender has to seal it by F_SEAL_SHRINK")]
    CanShrink,
    /// There is nothing in it.
    #[error("memory of no bytes")]
    Empty,
    /// What is looked for is not all inside.
    #[error("bytes {offset} to {end} of memory that has {len}")]
    Outside {
        /// The first byte.
        offset: u64,
        /// The first byte behind the last.
        end: u64,
        /// What there is.
        len: u64,
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

impl MemoryError {
    pub(crate) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> MemoryError {
        move |source| MemoryError::System {
            what,
            source: source.into(),
        }
    }
}
