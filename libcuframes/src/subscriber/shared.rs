//! The memory that a leased frame lies in, for programs that pass it on.

use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::wire::{MAX_PLANES, MemoryKind};

use super::attachment::Pixels;
use super::{Frame, Subscriber};

/// The memory that a frame lies in, and where in it: what a program needs that lends the frame to
/// others in its turn. They may look at it as long as this program holds the lease.
#[derive(Clone, Debug)]
pub struct SharedFrame<'lease> {
    fd: BorrowedFd<'lease>,
    pool: u64,
    /// Those behind the last are the default. No list with memory of its own: one who lends frames
    /// asks for each of them.
    planes: [SharedPlane; MAX_PLANES],
    plane_count: usize,
}

/// Where a plane of a frame is in the memory of its publisher.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharedPlane {
    /// Its first byte.
    pub offset: u64,
    /// Bytes from one row to the next.
    pub pitch: usize,
    /// Bytes from its first to the last of its last row, the padding behind that row not included.
    pub bytes: usize,
}

impl<'lease> SharedFrame<'lease> {
    /// Of host memory the descriptor that the publisher gave: a memfd that cannot shrink, opened
    /// for reading. Of a GPU's a DMA-BUF, which the driver may have made for writing, too.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'lease> {
        self.fd
    }

    /// Random number of this memory: that of the epoch, all of whose frames are in it.
    #[must_use]
    pub fn pool(&self) -> u64 {
        self.pool
    }

    /// The planes in their order.
    #[must_use]
    pub fn planes(&self) -> &[SharedPlane] {
        &self.planes[..self.plane_count]
    }
}

impl Frame {
    /// The memory that it lies in, as a descriptor: of frames in host memory, by subscribers that
    /// [keep the descriptor](super::SubscriberBuilder::keep_descriptor).
    ///
    /// ```no_run
    /// use cuframes::Subscriber;
    ///
    /// let mut subscriber = Subscriber::builder("cam1").keep_descriptor().connect()?;
    /// let frame = subscriber.next(None)?;
    /// if let Some(shared) = frame.shared() {
    ///     for plane in shared.planes() {
    ///         println!("{:?}: {} bytes from {} on", shared.fd(), plane.bytes, plane.offset);
    ///     }
    /// }
    /// # Ok::<(), cuframes::Error>(())
    /// ```
    #[must_use]
    pub fn shared(&self) -> Option<SharedFrame<'_>> {
        let Pixels::Host(import) = &self.attachment.pixels else {
            return None;
        };
        if self.memory() != MemoryKind::Host {
            return None;
        }
        Some(self.in_memory(import.descriptor()?.as_fd()))
    }

    /// The memory of the GPU that it lies in, as a DMA-BUF: for programs without CUDA and for other
    /// devices. They see the pixels when [`wait_host`](Frame::wait_host) says that these are
    /// complete. Whether a processor can map it is the driver's to decide.
    ///
    /// Errors: [`Unsupported`](Error::Unsupported): the driver exports none, the publisher shares by
    /// CUDA IPC, or the frame is in host memory; [`Cuda`](Error::Cuda).
    pub fn dma_buf(&self) -> Result<SharedFrame<'_>> {
        let Some(gpu) = self.attachment.gpu() else {
            let what = "a DMA-BUF of host memory; Frame::shared() has its descriptor";
            return Err(Error::Unsupported(what.to_owned()));
        };
        Ok(self.in_memory(gpu.import.dma_buf()?.as_fd()))
    }

    fn in_memory<'lease>(&'lease self, fd: BorrowedFd<'lease>) -> SharedFrame<'lease> {
        let layout = self.layout();
        let mut planes = [SharedPlane::default(); MAX_PLANES];
        for (plane, place) in planes.iter_mut().enumerate().take(layout.plane_count) {
            *place = SharedPlane {
                offset: self.wire.data_offset + layout.offset(plane) as u64,
                pitch: layout.pitch(plane),
                bytes: layout.plane_bytes(plane),
            };
        }
        SharedFrame {
            fd,
            pool: self.attachment.geometry.epoch,
            planes,
            plane_count: layout.plane_count,
        }
    }

    /// How long the publisher lets it be held before it evicts its holder; `None` for ever.
    #[must_use]
    pub fn lease_timeout(&self) -> Option<Duration> {
        self.attachment.lease_timeout
    }
}

impl Subscriber {
    /// How long a frame may be held before the publisher evicts this subscriber; `None` for ever.
    #[must_use]
    pub fn lease_timeout(&self) -> Option<Duration> {
        self.attachment.lease_timeout
    }
}
