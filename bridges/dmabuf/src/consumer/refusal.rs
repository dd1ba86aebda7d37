//! Why a frame cannot be taken.

use crate::memory::MemoryError;
use crate::message::{ErrorInfo, MessageError};

/// Why a frame cannot be taken. The engine is told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Its message is larger than any may be.
    #[error("a message of more than {} bytes", crate::message::MAX_PACKET)]
    Cut,
    /// Its message is none.
    #[error(transparent)]
    Message(MessageError),
    /// Its descriptors are not one.
    #[error("{count} descriptors; a frame has one")]
    Descriptors {
        /// How many came.
        count: usize,
    },
    /// Descriptors came, and not all could be taken.
    #[error("descriptors were lost: too many, or too many are open here")]
    LostDescriptors,
    /// Nothing is known of its memory, and no descriptor came.
    #[error("buffer {buffer_id} is not known and came without a descriptor")]
    UnknownBuffer {
        /// Its number.
        buffer_id: u64,
    },
    /// What came is no memory that can be mapped.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// Where its planes are is not said, and its format or size is none that is known.
    #[error("{width}x{height} pixels of '{format}' are not known, and the message has no planes")]
    Format {
        /// The format, at most 32 characters of it.
        format: String,
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// Its pixels do not lie in rows.
    #[error("modifier {modifier:#x}; only linear pixels are read")]
    Modifier {
        /// The modifier.
        modifier: u64,
    },
    /// Its planes are not those of its format.
    #[error("{count} planes; {format} has {expected}")]
    PlaneCount {
        /// How many there are.
        count: usize,
        /// The format.
        format: &'static str,
        /// How many it has.
        expected: usize,
    },
    /// A plane is smaller than its pixels.
    #[error(
        "plane {index} has {size} bytes in rows of {stride}; its pixels take {rows} rows of {row_bytes}"
    )]
    PlaneSize {
        /// Which.
        index: usize,
        /// Its bytes.
        size: u64,
        /// Bytes from one row to the next.
        stride: u32,
        /// Its rows.
        rows: u32,
        /// Bytes of pixels in each.
        row_bytes: u32,
    },
}

impl Refusal {
    /// A short name of the reason: `code` in what the engine is told.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Cut => "too_large",
            Refusal::Message(error) => error.code(),
            Refusal::Descriptors { .. } | Refusal::LostDescriptors => "descriptor",
            Refusal::UnknownBuffer { .. } => "unknown_buffer",
            Refusal::Memory(MemoryError::Outside { .. }) => "memory",
            Refusal::Memory(_) => "descriptor",
            Refusal::Format { .. } => "format",
            Refusal::Modifier { .. } => "modifier",
            Refusal::PlaneCount { .. } | Refusal::PlaneSize { .. } => "planes",
        }
    }

    pub(super) fn info(&self) -> ErrorInfo {
        ErrorInfo {
            code: self.code().to_owned(),
            message: self.to_string(),
        }
    }
}
