//! Where frames come from: what an engine asks of whoever has them.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::buffers::{BufferError, Writing};
use crate::format::Format;
use crate::message::Planes;

/// Streams of frames.
///
/// `L` is what its frames are kept by. A type of the source's own is kept where the engine keeps its
/// account; a box would be memory of its own for each frame.
pub trait Source<L = Box<dyn Lease>>: Send + Sync {
    /// The streams, by the names that are on the wire. They stay the same.
    fn streams(&self) -> Vec<String>;

    /// A subscription of its own to one of them, for one consumer. Never waits: a stream that is not
    /// there is [`SourceError::Away`], and is asked for again.
    fn subscribe(&self, stream: &str) -> Result<Box<dyn Subscription<L>>, SourceError>;
}

/// One consumer's view of a stream. `L` is that of its [`Source`].
pub trait Subscription<L = Box<dyn Lease>>: Send {
    /// Polls readable when [`newest`](Self::newest) is to be called.
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError>;

    /// The newest frame that was not given before, if there is one. Never waits. Older ones are
    /// passed over and counted. An error ends the subscription, but for [`SourceError::Busy`].
    fn newest(&mut self) -> Result<Option<L>, SourceError>;

    /// Frames of the stream that were passed over so far.
    fn dropped(&self) -> u64;

    /// Whether the publisher had to drop frames since this was asked last, as others keep its
    /// memory.
    fn is_short(&mut self) -> bool;
}

/// A frame that stays as it is while this value exists.
pub trait Lease: Send {
    /// What it is.
    fn description(&self) -> FrameDescription;

    /// The memory that it lies in, if that can be lent as it is.
    fn shared(&self) -> Option<SharedMemory<'_>>;

    /// Writes its pixels without padding, plane after plane.
    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError>;

    /// Whether what was read where it lies is the frame: an error if its publisher has taken it back
    /// meanwhile, and may have written another one there. Some cannot.
    fn check(&self) -> Result<(), SourceError> {
        Ok(())
    }

    /// How long its publisher lets it be kept; `None` for ever.
    fn time_limit(&self) -> Option<Duration>;
}

impl<L: Lease + ?Sized> Lease for Box<L> {
    fn description(&self) -> FrameDescription {
        (**self).description()
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        (**self).shared()
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        (**self).copy_to(to)
    }

    fn check(&self) -> Result<(), SourceError> {
        (**self).check()
    }

    fn time_limit(&self) -> Option<Duration> {
        (**self).time_limit()
    }
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameDescription {
    /// Its number in the stream.
    pub sequence: i64,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// How its bytes are arranged.
    pub format: Format,
    /// When it was published: nanoseconds of CLOCK_REALTIME.
    pub timestamp: i64,
    /// Presentation time in nanoseconds on the source's own clock.
    pub pts_ns: Option<i64>,
}

/// Memory that a frame lies in.
#[derive(Debug)]
pub struct SharedMemory<'a> {
    /// The same for all frames in this memory, and for no other's of the stream.
    pub id: u64,
    /// What is lent of it: nobody can write by it.
    pub fd: BorrowedFd<'a>,
    /// Where the planes of this frame are.
    pub planes: Planes,
    /// Whether it is a DMA-BUF that has this frame and nothing else: what any consumer can use, if
    /// the frame has no padding, and what nothing has to be copied into a DMA-BUF for.
    pub is_dma_buf: bool,
}

/// Why there are no frames.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nobody publishes the stream now.
    #[error("nobody publishes '{stream}'")]
    Away {
        /// Which.
        stream: String,
    },
    /// The publisher lets no more of its frames be held at a time: a return makes room. The
    /// subscription goes on.
    #[error("'{stream}': its publisher lends no more frames at a time")]
    Busy {
        /// Which.
        stream: String,
    },
    /// Something failed.
    #[error("'{stream}': {what}")]
    Failed {
        /// Which.
        stream: String,
        /// What, in words.
        what: String,
    },
    /// It could not be copied.
    #[error(transparent)]
    Buffer(#[from] BufferError),
}
