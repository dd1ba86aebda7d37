//! Frames in the memory of a GPU: waiting for them, reading them on streams, giving them back.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::pool::DevicePlane;
use crate::sync::Readiness;
use crate::sys::cuda::StreamRef;

use super::attachment::Attachment;
use super::ending::NotReleased;
use super::frame::Frame;
use super::gpu::Gpu;

/// How long a frame is waited for without sleeping.
const SPIN: Duration = Duration::from_micros(20);
/// Between two looks at a frame, then.
const PAUSE: Duration = Duration::from_micros(50);
/// Between two looks whether its publisher is still alive.
const DEATH_TURN: Duration = Duration::from_millis(10);

impl Frame {
    /// Plane `plane` as streams of the subscriber's context reach it; `None` for frames in host
    /// memory, and for a plane that is not there.
    pub fn device_plane(&self, plane: usize) -> Option<DevicePlane> {
        let gpu = self.attachment.gpu()?;
        gpu.import.plane(self.slot, self.wire.data_offset, plane)
    }

    /// Lets `stream` go on only when the pixels are complete. The processor does not wait.
    ///
    /// If the publisher dies before they are, the stream goes on all the same, and
    /// [`is_ready`](Frame::is_ready) then says that the frame was aborted. On host memory there
    /// is nothing to wait for.
    ///
    /// Errors: [`Cuda`](Error::Cuda); [`Unsupported`](Error::Unsupported) if the driver does
    /// not let streams of this process wait for the publisher.
    pub fn wait_on(&self, stream: StreamRef<'_>) -> Result<()> {
        let Some(gpu) = self.attachment.gpu() else {
            return Ok(());
        };
        if !gpu.order.reaches_streams() {
            let what = "waiting on a stream: the driver does not register the memory that this \
                        publisher tells by; use wait_host()";
            return Err(Error::Unsupported(what.to_owned()));
        }
        gpu.wait_on(self.slot, self.wire.seq, stream)
            .map_err(Error::cuda("wait for a frame on a stream"))
    }

    /// True if the pixels are complete, false if they are not yet.
    ///
    /// Errors: [`Aborted`](Error::Aborted): they never will be; [`Cuda`](Error::Cuda).
    pub fn is_ready(&self) -> Result<bool> {
        self.readiness(false)
    }

    /// Waits until the pixels are complete, at most `timeout` (`None`: for as long as the
    /// publisher lives).
    ///
    /// Errors: [`Timeout`](Error::Timeout); [`Aborted`](Error::Aborted): they never will be;
    /// [`Cuda`](Error::Cuda).
    pub fn wait_host(&self, timeout: Option<Duration>) -> Result<()> {
        if self.readiness(false)? {
            return Ok(());
        }
        let started = Instant::now();
        let mut looked = started;
        while timeout.is_none_or(|timeout| started.elapsed() < timeout) {
            let now = Instant::now();
            let ask = now - looked >= DEATH_TURN;
            if ask {
                looked = now;
            }
            let dead = ask && self.attachment.gpu().is_some_and(Gpu::is_publisher_dead);
            if self.readiness(dead)? {
                return Ok(());
            }
            match now - started < SPIN {
                true => std::hint::spin_loop(),
                false => std::thread::sleep(PAUSE),
            }
        }
        Err(Error::Timeout {
            what: "complete frame",
            limit: timeout.unwrap_or_default(),
        })
    }

    fn readiness(&self, publisher_dead: bool) -> Result<bool> {
        let Some(gpu) = self.attachment.gpu() else {
            return Ok(true);
        };
        let publisher_dead = publisher_dead || gpu.is_orphaned();
        let readiness = gpu
            .readiness_after(self.slot, self.wire.seq, publisher_dead)
            .map_err(Error::cuda("ask whether a frame is complete"))?;
        match readiness {
            Readiness::Ready => Ok(true),
            Readiness::Pending => Ok(false),
            Readiness::Aborted => Err(Error::Aborted {
                key: self.attachment.key().to_owned(),
                seq: self.wire.seq,
            }),
        }
    }

    /// Gives the frame back when `stream` has got here: what was given to the stream before
    /// still reads it. The processor does not wait.
    ///
    /// Errors: [`Evicted`](Error::Evicted): the subscription was ended before, and the pixels
    /// may have been overwritten; [`Cuda`](Error::Cuda): the context is lost, and the frame was
    /// given back.
    pub fn release_on(self, stream: StreamRef<'_>) -> Result<()> {
        self.release_on_streams(&[stream])
    }

    /// Gives the frame back when all of `streams` have got here; see
    /// [`release_on`](Frame::release_on). Without any it is given back now.
    pub fn release_on_streams(mut self, streams: &[StreamRef<'_>]) -> Result<()> {
        if streams.is_empty() {
            return self.release();
        }
        if !self.take_hold() {
            return Ok(());
        }
        let released = self
            .attachment
            .release_on(self.slot, self.wire.seq, streams);
        released.map_err(|why| match why {
            NotReleased::Evicted(code) => self.evicted(code),
            NotReleased::Cuda(error) => Error::cuda("give a frame back on a stream")(error),
        })
    }

    /// Waits for the pixels and copies them, without padding, into `to`, which has room.
    pub(super) fn download(&self, to: &mut [u8]) -> Result<()> {
        self.wait_host(None)?;
        let mut rest = to;
        for index in 0..self.plane_count() {
            let (Some(plane), Some(gpu)) = (self.device_plane(index), self.attachment.gpu()) else {
                continue;
            };
            let bytes = plane.rows * plane.row_bytes;
            let (part, after) = std::mem::take(&mut rest).split_at_mut(bytes);
            gpu.import
                .download(&plane, part)
                .map_err(Error::cuda("copy a frame from the GPU"))?;
            rest = after;
        }
        Ok(())
    }
}

impl Attachment {
    /// Looks whether the frame that `meta` tells of lies where it may.
    pub(super) fn check_place(&self, slot: usize, meta: &crate::wire::SlotMeta) -> Result<()> {
        meta.validate(&self.geometry)?;
        if let Some(gpu) = self.gpu() {
            meta.validate_in(self.geometry.frame_size, gpu.import.allocation(slot))?;
        }
        Ok(())
    }
}
