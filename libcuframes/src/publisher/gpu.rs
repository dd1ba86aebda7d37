//! Publishing from a GPU: slots for streams, and frames that are complete when a stream says so.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::meta::FrameMeta;
use crate::pool::{DeviceRows, Placement, uuid_of};
use crate::session::Epoch;
use crate::sync::{Completion, Order};
use crate::sys::cuda::{Context, StreamRef};
use crate::wire::{MemoryKind, SyncKind};

use super::frame::{PublishedFrame, WritableFrame};
use super::reaper::{Deferred, Reaper};
use super::{LEAVE_TIME, Publisher};

/// What a publisher needs for a GPU beyond its epochs.
#[derive(Debug, Default)]
pub(super) struct Gpu {
    /// Sync CPU only.
    reaper: Option<Reaper>,
    /// Frames given to the reaper so far.
    deferred: u64,
}

impl Gpu {
    pub fn new(placement: &Placement) -> Result<Self> {
        let reaper = match placement {
            Placement::Cuda(cuda) if cuda.sync == SyncKind::Cpu => Some(Reaper::start()?),
            Placement::Cuda(_) | Placement::Host => None,
        };
        Ok(Gpu {
            reaper,
            deferred: 0,
        })
    }

    /// True if frames become visible only when they are complete.
    pub fn defers(&self) -> bool {
        self.reaper.is_some()
    }

    /// True if frames are not complete yet that subscribers cannot see before: they keep slots
    /// that nobody else keeps.
    pub fn is_behind(&self) -> bool {
        let reaper = self.reaper.as_ref();
        reaper.is_some_and(|reaper| reaper.done() < self.deferred)
    }
}

impl Publisher {
    /// The kind of memory that the frames are in.
    pub fn memory(&self) -> MemoryKind {
        self.epoch.geometry.memory
    }

    /// What tells subscribers that a frame is complete.
    pub fn sync(&self) -> SyncKind {
        self.epoch.geometry.sync
    }

    /// Takes a slot as [`acquire`](Publisher::acquire) does, for `stream` to write: what the
    /// stream does from now on comes after whatever was done to the slot before. The processor
    /// waits for no GPU; so a publisher that is faster than its GPU, and that nobody makes wait,
    /// gives it more and more work, and should synchronise its stream now and then.
    ///
    /// Errors: [`Unsupported`](Error::Unsupported) on host memory; [`Cuda`](Error::Cuda): if the
    /// context is lost, [`reconfigure`](Publisher::reconfigure) starts anew.
    pub fn acquire_on<'stream>(
        &mut self,
        stream: StreamRef<'stream>,
    ) -> Result<Option<WritableFrame<'stream>>> {
        self.check_gpu()?;
        let Some(frame) = self.take_slot()? else {
            return Ok(None);
        };
        let ordered = frame.begin_on(stream);
        ordered
            .map(Some)
            .map_err(Error::cuda("order a stream behind a slot"))
    }

    /// As [`acquire_on`](Publisher::acquire_on), if a slot is free right now. Nothing is waited
    /// for, and nothing is counted.
    pub fn try_acquire_on<'stream>(
        &mut self,
        stream: StreamRef<'stream>,
    ) -> Result<Option<WritableFrame<'stream>>> {
        self.check_gpu()?;
        let Ok(frame) = self.claim() else {
            return Ok(None);
        };
        let ordered = frame.begin_on(stream);
        ordered
            .map(Some)
            .map_err(Error::cuda("order a stream behind a slot"))
    }

    /// Copies a frame on the same GPU into a slot and publishes it, all on `stream`: for each
    /// plane its rows. The processor waits for no GPU. Returns its sequence, or `None` if it was
    /// dropped as in [`acquire`](Publisher::acquire).
    pub fn publish_copy_on(
        &mut self,
        planes: &[DeviceRows],
        meta: &FrameMeta,
        stream: StreamRef<'_>,
    ) -> Result<Option<u64>> {
        if planes.len() != self.layout().plane_count {
            return Err(Error::InvalidArgument(format!(
                "{} planes were given, and a frame of {} has {}",
                planes.len(),
                self.layout().format,
                self.layout().plane_count
            )));
        }
        meta.validate(self.layout())?;
        let Some(frame) = self.acquire_on(stream)? else {
            return Ok(None);
        };
        for (plane, &rows) in planes.iter().enumerate() {
            let copied = self
                .epoch
                .pool
                .copy_on(stream, rows, (frame.index(), plane));
            copied.map_err(Error::cuda("copy a frame on the GPU"))?;
        }
        self.count_copy();
        Ok(Some(self.publish_on(frame, meta, stream)?.seq()))
    }

    /// Goes on in another context of any GPU, from the next
    /// [`reconfigure`](Publisher::reconfigure) on. Frames of the old one stay where they are, so
    /// it is to be kept until this publisher is dropped.
    ///
    /// Errors: [`Unsupported`](Error::Unsupported) on host memory.
    pub fn set_cuda_context(&mut self, context: &Context) -> Result<()> {
        let Placement::Cuda(cuda) = &mut self.settings.placement else {
            return Err(on_host());
        };
        cuda.device_uuid = uuid_of(context)?;
        cuda.context = context.clone();
        Ok(())
    }

    /// Publishes `frame`, whose pixels are complete once `stream` gets here. The processor waits
    /// for no GPU. Subscribers see the frame now and order their streams behind this one, or,
    /// with sync CPU, see it when it is complete.
    ///
    /// Errors: those of [`publish`](Publisher::publish); [`Unsupported`](Error::Unsupported) on
    /// host memory; [`Cuda`](Error::Cuda), and nothing is published: if the context is lost,
    /// [`reconfigure`](Publisher::reconfigure) starts anew.
    pub fn publish_on(
        &mut self,
        frame: WritableFrame<'_>,
        meta: &FrameMeta,
        stream: StreamRef<'_>,
    ) -> Result<PublishedFrame> {
        self.check(&frame, meta)?;
        let seq = self.next_seq()?;
        let Some(order) = &self.epoch.order else {
            return Err(on_host());
        };
        let completion = order
            .complete_on(frame.index(), seq, stream)
            .map_err(Error::cuda("publish on a stream"))?;
        match completion {
            Completion::Told => Ok(self.count(frame.publish(seq, meta))),
            Completion::Later => self.defer(frame, seq, meta),
        }
    }

    /// Lets the reaper make `frame` visible when it is complete.
    pub(super) fn defer(
        &mut self,
        frame: WritableFrame<'_>,
        seq: u64,
        meta: &FrameMeta,
    ) -> Result<PublishedFrame> {
        let Some(reaper) = self
            .gpu
            .reaper
            .as_ref()
            .filter(|reaper| !reaper.has_failed())
        else {
            let what = "a frame before this one was never completed: the CUDA context is lost; \
                        call reconfigure() to go on";
            return Err(Error::Unsupported(what.to_owned()));
        };
        let slot = frame.index();
        let published = frame.keep(seq);
        reaper.push(Deferred {
            epoch: Arc::clone(&self.epoch),
            slot,
            meta: meta.to_wire(seq),
        });
        self.gpu.deferred += 1;
        Ok(self.count(published))
    }

    /// Waits until frames that become visible when they are complete are, but not beyond
    /// `deadline`. Those that never will be have no sequence: the next frames get theirs.
    pub(super) fn finish_deferred(&mut self, deadline: Instant) {
        let Some(reaper) = self.gpu.reaper.as_ref().filter(|_| self.gpu.deferred != 0) else {
            return;
        };
        if let Some(shown) = reaper.drain(self.gpu.deferred, deadline) {
            self.last = shown;
            self.shared.published.store(shown, Ordering::Relaxed);
        }
    }

    /// A context that is lost is replaced by a new one of the same device.
    pub(super) fn renew_context(&mut self) -> Result<()> {
        let lost = self
            .epoch
            .order
            .as_ref()
            .is_some_and(|order| order.is_lost());
        if let (true, Placement::Cuda(cuda)) = (lost, &mut self.settings.placement) {
            cuda.context = cuda
                .context
                .renewed()
                .map_err(Error::cuda("make a new context after one was lost"))?;
            if let Some(reaper) = &self.gpu.reaper {
                reaper.recover();
            }
        }
        Ok(())
    }

    /// Frames of `old` that a lost context will never complete are told to be aborted.
    pub(super) fn abort_if_lost(&self, old: &Epoch) {
        if let Some(order) = old.order.as_ref().filter(|order| order.is_lost()) {
            order.abort_unfinished(old.ring.shape().slots);
        }
    }

    /// Waits for the last work on the pool. If it does not end, the frames that are not complete
    /// are aborted, and memory and key stay with this process until it ends; false then.
    pub(super) fn end_gpu_work(&mut self) -> bool {
        self.abort_if_lost(&self.epoch);
        let slots = self.epoch.ring.shape().slots;
        let Some(order) = &self.epoch.order else {
            return true;
        };
        if order.wait_idle(slots, Instant::now() + LEAVE_TIME) {
            return true;
        }
        tracing::error!(
            key = self.shared.key,
            "work on the frames does not end: their memory and the key are kept until this \
             process ends"
        );
        order.abort_unfinished(slots);
        std::mem::forget(Arc::clone(&self.epoch));
        std::mem::forget(self.lock.take());
        false
    }

    /// Says that the context is lost, if it is.
    pub(super) fn check_context(&self) -> Result<()> {
        let checked = self.epoch.order.as_ref().map(Order::check_context);
        checked
            .unwrap_or(Ok(()))
            .map_err(Error::cuda("look for a free slot"))
    }

    fn check_gpu(&self) -> Result<()> {
        match self.epoch.order {
            Some(_) => Ok(()),
            None => Err(on_host()),
        }
    }
}

fn on_host() -> Error {
    let what = "a stream for frames in host memory; build the publisher with memory(CudaVmm)";
    Error::Unsupported(what.to_owned())
}
