//! What can go wrong: each error says what happened, to what, and what to do.

use std::fmt;
use std::io;
use std::time::Duration;

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this library.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name that no buffer can have.
    #[error("'{name}' cannot be the name of a buffer: {why}")]
    InvalidName {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Sizes that no buffer can have.
    #[error(
        "a buffer cannot have {metadata_size} bytes of metadata and {payload_size} of payload: {why}"
    )]
    InvalidConfig {
        /// Bytes asked for the metadata block.
        metadata_size: u64,
        /// Bytes asked for the payload block.
        payload_size: u64,
        /// What is wrong with them.
        why: &'static str,
    },
    /// There is no buffer of this name.
    #[error("no buffer '{name}' found; its reader creates it: start that first, or check the name")]
    BufferNotFound {
        /// The name.
        name: String,
    },
    /// The buffer is being made, and did not become ready in time.
    #[error(
        "buffer '{name}' is not ready: {what}; its reader may still be starting, or have died while it did"
    )]
    NotReady {
        /// The name.
        name: String,
        /// What is missing.
        what: &'static str,
    },
    /// The buffer has a live writer.
    #[error("buffer '{name}' already has a writer, process {pid}; a buffer has one at a time")]
    WriterAlreadyConnected {
        /// The name.
        name: String,
        /// The writer's process, in its own numbering.
        pid: u64,
    },
    /// The buffer has a live reader.
    #[error("buffer '{name}' already has a reader{}; stop it, or choose another name", of_process(.pid))]
    ReaderAlreadyConnected {
        /// The name.
        name: String,
        /// The reader's process, as far as it is known.
        pid: Option<u64>,
    },
    /// No space was given back in time.
    #[error("buffer '{name}' has no space for a frame of {size} bytes, and its reader gave none back within {} ms", .timeout.as_millis())]
    BufferFull {
        /// The name.
        name: String,
        /// Bytes of the frame.
        size: u64,
        /// How long was waited.
        timeout: Duration,
    },
    /// The reader is gone.
    #[error("the reader of buffer '{name}' is gone; connect again when there is a new one")]
    ReaderDead {
        /// The name.
        name: String,
    },
    /// The writer is gone, and everything that it wrote was read.
    #[error("the writer of buffer '{name}' is gone, and all its frames are read")]
    WriterDead {
        /// The name.
        name: String,
    },
    /// A frame that fits no empty payload block.
    #[error(
        "a frame of {size} bytes, and its header of 16, is larger than the payload of buffer '{name}', {payload_size} bytes"
    )]
    FrameTooLarge {
        /// The name.
        name: String,
        /// Bytes of the frame.
        size: u64,
        /// Bytes of the payload block.
        payload_size: u64,
    },
    /// A frame that would leave a rest at the end of the payload that no header fits into.
    #[error(
        "a frame of {size} bytes leaves less than a header at the end of the payload of buffer '{name}', {payload_size} bytes, which no reader understands; fill it up to {padded} bytes, or make the buffer larger"
    )]
    FrameUnplaceable {
        /// The name.
        name: String,
        /// Bytes of the frame.
        size: u64,
        /// Bytes of the payload block.
        payload_size: u64,
        /// The next larger size that can be placed.
        padded: u64,
    },
    /// A frame without data.
    #[error("a frame has at least one byte")]
    InvalidFrameSize,
    /// More frames than a reader can keep account of.
    #[error("{held} frames of buffer '{name}' are held; release some before the next is read")]
    TooManyFramesHeld {
        /// The name.
        name: String,
        /// How many are held.
        held: usize,
    },
    /// The buffer has its metadata.
    #[error("buffer '{name}' has its metadata already; it is written once in a buffer's life")]
    MetadataAlreadyWritten {
        /// The name.
        name: String,
    },
    /// Metadata that does not fit.
    #[error(
        "{size} bytes of metadata, and 8 for their length, do not fit the {metadata_size} bytes that buffer '{name}' has for them"
    )]
    MetadataTooLarge {
        /// The name.
        name: String,
        /// Bytes of the metadata.
        size: u64,
        /// Bytes of the metadata block.
        metadata_size: u64,
    },
    /// A frame is missing, or a writer counts otherwise.
    #[error(
        "sequence error in buffer '{name}': expected {expected}, got {got}; create the buffer anew"
    )]
    SequenceGap {
        /// The name.
        name: String,
        /// The number that was to come.
        expected: u64,
        /// The number that came.
        got: u64,
    },
    /// Something in the shared memory that cannot be.
    #[error("buffer '{name}' is corrupt: {what}; create it anew")]
    Corrupt {
        /// The name.
        name: String,
        /// What is wrong.
        what: String,
    },
    /// A buffer of a version that this library does not speak.
    #[error("buffer '{name}' has version {}.{}.{}, this library speaks 1.x{}", .found[0], .found[1], .found[2], of_block(.oieb_size))]
    Version {
        /// The name.
        name: String,
        /// Major, minor, patch, reserved.
        found: [u8; 4],
        /// Bytes of its first block.
        oieb_size: u32,
    },
    /// No memory for the buffer.
    #[error(
        "no space for buffer '{name}' of {bytes} bytes in shared memory; make it smaller, or give /dev/shm more (`df -h /dev/shm`)"
    )]
    NoSpace {
        /// The name.
        name: String,
        /// Bytes in all.
        bytes: u64,
    },
    /// The system refused something.
    #[error("buffer '{name}': {doing}: {source}")]
    System {
        /// The name.
        name: String,
        /// What was tried.
        doing: String,
        /// Why not.
        source: io::Error,
    },
}

fn of_process(pid: &Option<u64>) -> String {
    pid.map_or(String::new(), |pid| format!(", process {pid}"))
}

fn of_block(oieb_size: &u32) -> String {
    match oieb_size {
        128 => String::new(),
        other => format!(" with a first block of 128 bytes, not {other}"),
    }
}

/// The kinds of [`Error`], by the names that the other languages have for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ErrorKind {
    InvalidName,
    InvalidConfig,
    BufferNotFound,
    NotReady,
    WriterAlreadyConnected,
    ReaderAlreadyConnected,
    BufferFull,
    ReaderDead,
    WriterDead,
    FrameTooLarge,
    FrameUnplaceable,
    InvalidFrameSize,
    TooManyFramesHeld,
    MetadataAlreadyWritten,
    MetadataTooLarge,
    SequenceGap,
    Corrupt,
    Version,
    NoSpace,
    System,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, out)
    }
}

impl Error {
    /// Which kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::InvalidName { .. } => ErrorKind::InvalidName,
            Error::InvalidConfig { .. } => ErrorKind::InvalidConfig,
            Error::BufferNotFound { .. } => ErrorKind::BufferNotFound,
            Error::NotReady { .. } => ErrorKind::NotReady,
            Error::WriterAlreadyConnected { .. } => ErrorKind::WriterAlreadyConnected,
            Error::ReaderAlreadyConnected { .. } => ErrorKind::ReaderAlreadyConnected,
            Error::BufferFull { .. } => ErrorKind::BufferFull,
            Error::ReaderDead { .. } => ErrorKind::ReaderDead,
            Error::WriterDead { .. } => ErrorKind::WriterDead,
            Error::FrameTooLarge { .. } => ErrorKind::FrameTooLarge,
            Error::FrameUnplaceable { .. } => ErrorKind::FrameUnplaceable,
            Error::InvalidFrameSize => ErrorKind::InvalidFrameSize,
            Error::TooManyFramesHeld { .. } => ErrorKind::TooManyFramesHeld,
            Error::MetadataAlreadyWritten { .. } => ErrorKind::MetadataAlreadyWritten,
            Error::MetadataTooLarge { .. } => ErrorKind::MetadataTooLarge,
            Error::SequenceGap { .. } => ErrorKind::SequenceGap,
            Error::Corrupt { .. } => ErrorKind::Corrupt,
            Error::Version { .. } => ErrorKind::Version,
            Error::NoSpace { .. } => ErrorKind::NoSpace,
            Error::System { .. } => ErrorKind::System,
        }
    }
}
