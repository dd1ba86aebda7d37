//! How a buffer is to be made.

use std::time::Duration;

/// Bytes of the metadata block, if nothing else is asked for.
pub const DEFAULT_METADATA_SIZE: u64 = 4096;
/// Bytes of the payload block, if nothing else is asked for: 256 MiB.
pub const DEFAULT_PAYLOAD_SIZE: u64 = 256 << 20;
/// How long reads and writes wait, if nothing else is asked for.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether a reader holds the numbers of frames against each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SequenceCheck {
    /// Each frame's number is one more than the last; a writer that connects anew may begin
    /// with 1 again, as those of other languages do.
    #[default]
    Continuous,
    /// Numbers are told, and not checked: for responses that carry the numbers of their requests.
    Any,
}

/// How a [`Reader`](crate::Reader) makes its buffer.
///
/// ```
/// let config = zerobuffer::BufferConfig::new(1024, 20 << 20).prefault(true);
/// assert_eq!(config.payload_size, 20 << 20);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BufferConfig {
    /// Bytes of the metadata block, rounded up to 64; may be 0.
    pub metadata_size: u64,
    /// Bytes of the payload block, rounded up to 64; a frame takes 16 more than its data.
    pub payload_size: u64,
    /// Permissions of the files. `None`: 0666 without the bits of the umask, as other
    /// implementations do; then writers of other users are usually refused.
    pub mode: Option<u32>,
    /// Touch all pages at once, so that the first lap is as fast as the others.
    pub prefault: bool,
    /// Whether the numbers of frames are checked.
    pub sequence: SequenceCheck,
}

impl Default for BufferConfig {
    fn default() -> Self {
        BufferConfig {
            metadata_size: DEFAULT_METADATA_SIZE,
            payload_size: DEFAULT_PAYLOAD_SIZE,
            mode: None,
            prefault: false,
            sequence: SequenceCheck::Continuous,
        }
    }
}

impl BufferConfig {
    /// A buffer of these sizes, in bytes.
    pub fn new(metadata_size: u64, payload_size: u64) -> Self {
        BufferConfig {
            metadata_size,
            payload_size,
            ..BufferConfig::default()
        }
    }

    /// With these permissions, whatever the umask says.
    pub fn mode(self, mode: u32) -> Self {
        BufferConfig {
            mode: Some(mode),
            ..self
        }
    }

    /// Touches all pages at once, or not.
    pub fn prefault(self, prefault: bool) -> Self {
        BufferConfig { prefault, ..self }
    }

    /// Checks the numbers of frames, or not.
    pub fn sequence(self, sequence: SequenceCheck) -> Self {
        BufferConfig { sequence, ..self }
    }
}
