//! What can go wrong: each error says what happened, to what, and what to do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::format::FormatError;
use crate::sys::cuda::CudaError;
use crate::wire::{ErrorCode, WireError};

/// The result of everything that can fail here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of this library. [`Error::code`] is its number on the wire and in C.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A name, a number or a message that the protocol does not allow.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A picture format or size that cannot be shared.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// An argument that makes no sense.
    #[error("{0}")]
    InvalidArgument(String),
    /// No publisher of this key was found within the connect time-out.
    #[error(
        "no publisher of key '{key}' found in {looked}; start it first, or check the key and CUFRAMES_RUNTIME_DIR"
    )]
    NotFound {
        /// The key.
        key: String,
        /// The run directories that were tried.
        looked: String,
    },
    /// Another live publisher has this key.
    #[error("key '{key}' is already published by {owner}; stop it, or choose another key")]
    AlreadyExists {
        /// The key.
        key: String,
        /// The other process, as far as it is known.
        owner: String,
    },
    /// Nothing came within the time that the caller gave.
    #[error("no {what} within {} ms", .limit.as_millis())]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
    },
    /// There is nothing right now, and the caller did not want to wait.
    #[error("nothing new yet; wait on the descriptor, or give a time-out")]
    WouldBlock,
    /// The publisher is gone and did not come back within the connect time-out.
    #[error("the publisher of key '{key}' is gone without an end of stream")]
    Disconnected {
        /// The key.
        key: String,
    },
    /// The publisher ended this subscription.
    #[error(
        "evicted by the publisher of key '{key}': {why}; release frames sooner, or raise its lease_timeout or max_leases"
    )]
    Evicted {
        /// The key.
        key: String,
        /// The publisher's reason.
        why: ErrorCode,
    },
    /// The stream has ended; there will be no further frame.
    #[error("end of stream on key '{key}'")]
    EndOfStream {
        /// The key.
        key: String,
    },
    /// A frame of a geometry that is over.
    #[error("the frame belongs to an older geometry of key '{key}'; take a new one")]
    Reconfigured {
        /// The key.
        key: String,
    },
    /// The newest frame was overwritten each time while it was copied without a lease.
    #[error(
        "the newest frame of key '{key}' was overwritten during each of {copies} copies; subscribe to be lent a frame, or publish with more slots"
    )]
    Overwritten {
        /// The key.
        key: String,
        /// Copies that were begun.
        copies: usize,
    },
    /// This subscriber already holds as many frames as it may.
    #[error(
        "all {max} leases of this subscriber are in use; release a frame first, or raise the publisher's max_leases"
    )]
    LeaseLimit {
        /// The limit.
        max: u32,
    },
    /// The other side said no.
    #[error("the publisher of key '{key}' refused: {sentence}")]
    Refused {
        /// The key.
        key: String,
        /// Its code.
        code: ErrorCode,
        /// Its reason.
        sentence: String,
    },
    /// The other side broke the protocol.
    #[error("protocol error with the other side of key '{key}': {what}")]
    Protocol {
        /// The key.
        key: String,
        /// What it did.
        what: String,
    },
    /// No directory for sockets could be used.
    #[error("run directory {} cannot be used: {source}; make it writable for this user, or set CUFRAMES_RUNTIME_DIR", .path.display())]
    RunDir {
        /// The directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The path of the control socket does not fit into an address.
    #[error("socket path {} has {length} bytes, and an address holds 107; use a shorter CUFRAMES_RUNTIME_DIR or key", .path.display())]
    PathTooLong {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
    /// There is no room for shared memory.
    #[error(
        "no room for {bytes} bytes in {place}: {source}; free some, or use fewer slots or smaller frames"
    )]
    NoMemory {
        /// How many bytes were asked for.
        bytes: u64,
        /// Where.
        place: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel, or a rule of ours about who may do what, forbids it.
    #[error("not permitted: {0}")]
    Permission(String),
    /// Something that this publisher or this build cannot do.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// A call into the CUDA driver failed.
    #[error("{what}: {source}")]
    Cuda {
        /// What was tried.
        what: String,
        /// What the driver said.
        source: CudaError,
    },
    /// A packet of a size that is not taken, or that does not fit into the caller's buffer.
    #[error(
        "a packet of {size} bytes on key '{key}', and there is room for 1 to {largest}; enlarge the packet ring, or the buffer"
    )]
    PacketOversized {
        /// The key.
        key: String,
        /// Bytes of the packet.
        size: usize,
        /// The most that there is room for.
        largest: u64,
    },
    /// There are frames only.
    #[error("key '{key}' has no packet ring; let its publisher enable packets")]
    NoPacketRing {
        /// The key.
        key: String,
    },
    /// Nobody has said yet which codec the packets have.
    #[error("no codec parameters on key '{key}' yet; they come with the first key packet")]
    NoCodecParams {
        /// The key.
        key: String,
    },
    /// Packets were overwritten before they were read. Said once for each loss.
    #[error(
        "packet {seq} of key '{key}' was overwritten before it was read; go on, the next one is a key packet, and read faster, or enlarge the packet ring"
    )]
    PacketOverrun {
        /// The key.
        key: String,
        /// The first one that was lost.
        seq: u64,
    },
    /// The pixels of a frame will never be complete: its publisher lost the GPU, or died.
    #[error("frame {seq} of key '{key}' was never completed; drop it and go on with the next one")]
    Aborted {
        /// The key.
        key: String,
        /// The frame.
        seq: u64,
    },
    /// Any other answer of the kernel.
    #[error("{what}: {source}")]
    System {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Error {
    /// The number of this error on the wire and in the C API.
    pub fn code(&self) -> ErrorCode {
        match self {
            Error::Wire(error) => error.code(),
            Error::Format(error) => error.code(),
            Error::InvalidArgument(_) | Error::PathTooLong { .. } | Error::LeaseLimit { .. } => {
                ErrorCode::InvalidArgument
            }
            Error::NotFound { .. } => ErrorCode::NotFound,
            Error::AlreadyExists { .. } => ErrorCode::AlreadyExists,
            Error::Timeout { .. } => ErrorCode::Timeout,
            Error::WouldBlock | Error::Overwritten { .. } => ErrorCode::WouldBlock,
            Error::Disconnected { .. } => ErrorCode::Disconnected,
            Error::Evicted { .. } => ErrorCode::Evicted,
            Error::EndOfStream { .. } => ErrorCode::EndOfStream,
            Error::Reconfigured { .. } => ErrorCode::Reconfigured,
            Error::Refused { code, .. } => *code,
            Error::Protocol { .. } => ErrorCode::Protocol,
            Error::RunDir { source, .. } => match source.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ErrorCode::NotFound,
                io::ErrorKind::PermissionDenied => ErrorCode::Permission,
                _ => ErrorCode::System,
            },
            Error::NoMemory { .. } => ErrorCode::NoMemory,
            Error::Permission(_) => ErrorCode::Permission,
            Error::Unsupported(_) => ErrorCode::Unsupported,
            Error::Cuda { .. } => ErrorCode::Cuda,
            Error::PacketOversized { .. } => ErrorCode::PacketOversized,
            Error::NoPacketRing { .. } => ErrorCode::NoPacketRing,
            Error::NoCodecParams { .. } => ErrorCode::NoCodecParams,
            Error::PacketOverrun { .. } => ErrorCode::PacketOverrun,
            Error::Aborted { .. } => ErrorCode::Aborted,
            Error::System { .. } => ErrorCode::System,
        }
    }

    /// Wraps what the CUDA driver said about `what`.
    pub(crate) fn cuda(what: impl Into<String>) -> impl FnOnce(CudaError) -> Error {
        // Made only if it is needed: calls on the frame path come by here.
        move |source| Error::Cuda {
            what: what.into(),
            source,
        }
    }

    /// Wraps what the kernel said about `what`.
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::System {
            what: what.into(),
            source,
        }
    }
}
