//! A frame on its way: being made, then published and still held by its maker.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::FrameMeta;
use crate::pool::{DevicePlane, Plane, SlotPixels};
use crate::session::Epoch;
use crate::sys::cuda::{CudaError, StreamRef};
use crate::sys::{self, Generation};

/// A slot in which a frame is being made. Nobody else sees it. Dropped unpublished, the slot
/// is empty again.
///
/// A frame that was acquired on a stream lives no longer than the stream: what the stream still
/// does to the slot when the frame is dropped has to be known to whoever gets the slot next.
#[derive(Debug)]
pub struct WritableFrame<'stream> {
    // Before the slot: pixels and work on them are given up before the slot is.
    pixels: Option<SlotPixels>,
    work: Option<Work<'stream>>,
    slot: Slot,
}

/// A stream may be writing a slot.
#[derive(Debug)]
struct Work<'stream> {
    stream: StreamRef<'stream>,
    epoch: Arc<Epoch>,
    index: usize,
    published: bool,
}

/// A published frame whose slot is not used again as long as this is kept.
#[derive(Debug)]
pub struct PublishedFrame {
    slot: Slot,
    seq: u64,
}

/// The hold of this process on a slot.
#[derive(Debug)]
struct Slot {
    epoch: Arc<Epoch>,
    index: usize,
    published: bool,
    generation: Generation,
}

impl<'stream> WritableFrame<'stream> {
    /// The frame of slot `index`, which was claimed.
    pub(super) fn new(epoch: &Arc<Epoch>, index: usize) -> Option<Self> {
        let slot = Slot {
            epoch: Arc::clone(epoch),
            index,
            published: false,
            generation: sys::generation(),
        };
        let pixels = epoch.pool.take(index).ok()?;
        Some(WritableFrame {
            pixels,
            work: None,
            slot,
        })
    }

    /// Lets `stream` write the slot: after whatever was done to it before.
    pub(super) fn begin_on(
        mut self,
        stream: StreamRef<'stream>,
    ) -> std::result::Result<Self, CudaError> {
        if let Some(order) = &self.slot.epoch.order {
            order.begin_on(self.slot.index, stream)?;
            self.work = Some(Work {
                stream,
                epoch: Arc::clone(&self.slot.epoch),
                index: self.slot.index,
                published: false,
            });
        }
        Ok(self)
    }

    /// Lets anybody write the slot: whatever was done to it before is complete.
    pub(super) fn begin_host(self) -> std::result::Result<Self, CudaError> {
        if let Some(order) = &self.slot.epoch.order {
            order.begin_host(self.slot.index)?;
        }
        Ok(self)
    }

    /// As [`begin_host`](Self::begin_host), if that is so without waiting.
    pub(super) fn begin_now(self) -> Option<Self> {
        let index = self.slot.index;
        let order = self.slot.epoch.order.as_ref();
        let free = order.is_none_or(|order| order.try_begin_host(index));
        free.then_some(self)
    }

    /// Planes, pitches and sizes.
    pub fn layout(&self) -> &FrameLayout {
        self.slot.epoch.pool.layout()
    }

    /// Planes of this frame.
    pub fn plane_count(&self) -> usize {
        self.layout().plane_count
    }

    /// Bytes from one row of `plane` to the next.
    pub fn pitch(&self, plane: usize) -> usize {
        self.layout().pitch(plane)
    }

    /// All bytes of `plane`: its rows, one every [`pitch`](WritableFrame::pitch) bytes, padding
    /// included. Empty for a plane that is not there, and for frames in the memory of a GPU.
    /// What is in it first is undefined: the pixels of some older frame, or zeros.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        match &mut self.pixels {
            Some(pixels) => pixels.plane_mut(plane),
            None => &mut [],
        }
    }

    /// All bytes of `plane`, for reading back what was written: two planes at once, for example.
    /// Empty as for [`plane_mut`](WritableFrame::plane_mut).
    pub fn plane(&self, plane: usize) -> &[u8] {
        self.pixels
            .as_ref()
            .map_or(&[], |pixels| pixels.plane(plane))
    }

    /// Address of the first byte of `plane`, valid for writing until the frame is published or
    /// dropped. NULL for frames in the memory of a GPU.
    pub fn plane_ptr(&self, plane: usize) -> *mut u8 {
        let pixels = self.pixels.as_ref();
        pixels.map_or(std::ptr::null_mut(), |pixels| pixels.plane_ptr(plane))
    }

    /// Plane `plane` as a stream reaches it; `None` for frames in host memory, and for a plane
    /// that is not there. What is in it first is undefined.
    pub fn device_plane(&self, plane: usize) -> Option<DevicePlane> {
        self.slot.epoch.pool.device_plane(self.slot.index, plane)
    }

    /// Copies planes of the caller's, which `check_source` has looked at.
    pub(super) fn copy_from(
        &mut self,
        planes: &[(&[u8], usize)],
    ) -> std::result::Result<(), CudaError> {
        for (index, &(source, source_pitch)) in planes.iter().enumerate() {
            if let Some(plane) = self.device_plane(index) {
                self.slot.epoch.pool.upload(&plane, source, source_pitch)?;
                continue;
            }
            let row_bytes = self.layout().plane_row_bytes(index) as usize;
            let pitch = self.pitch(index);
            let rows = self.plane_mut(index).chunks_mut(pitch);
            for (to, from) in rows.zip(source.chunks(source_pitch)) {
                to[..row_bytes].copy_from_slice(&from[..row_bytes]);
            }
        }
        Ok(())
    }

    /// Copies rows of the caller's, one every `pitch` bytes, into `plane` of a frame on a GPU,
    /// and waits for that.
    pub(crate) fn upload(&mut self, plane: usize, rows: &[u8], pitch: usize) -> Result<()> {
        match self.device_plane(plane) {
            Some(plane) => self
                .slot
                .epoch
                .pool
                .upload(&plane, rows, pitch)
                .map_err(Error::cuda("copy a frame to the GPU")),
            None => Ok(()),
        }
    }

    pub(super) fn is_of(&self, epoch: &Arc<Epoch>) -> bool {
        Arc::ptr_eq(&self.slot.epoch, epoch)
    }

    /// The slot, for work on it to be ordered.
    pub(super) fn index(&self) -> usize {
        self.slot.index
    }

    /// Nobody writes these pixels any more, also not in this process: they are frame `seq`,
    /// which is visible from now on.
    pub(super) fn publish(self, seq: u64, meta: &FrameMeta) -> PublishedFrame {
        let published = self.keep(seq);
        published
            .slot
            .epoch
            .show(published.slot.index, &meta.to_wire(seq));
        published
    }

    /// As [`publish`](Self::publish), but somebody else will make it visible.
    pub(super) fn keep(self, seq: u64) -> PublishedFrame {
        let WritableFrame {
            pixels,
            work,
            mut slot,
        } = self;
        drop(pixels);
        if let Some(mut work) = work {
            work.published = true;
        }
        slot.published = true;
        PublishedFrame { slot, seq }
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let Some(order) = self.epoch.order.as_ref().filter(|_| !self.published) else {
            return;
        };
        // A driver that cannot even record an event has lost the context, and its work with it.
        if let Err(error) = order.abandon_on(self.index, self.stream) {
            tracing::warn!(%error, "work on a frame that was given up could not be noted");
        }
    }
}

impl PublishedFrame {
    /// Its sequence: 1 for the first frame of the stream.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Plane `plane`, for reading; without rows for frames in the memory of a GPU.
    pub fn plane(&self, plane: usize) -> Plane<'_> {
        self.slot.epoch.pool.plane(self.slot.index, plane)
    }

    /// Plane `plane` as a stream reaches it, for reading; `None` for frames in host memory.
    pub fn device_plane(&self, plane: usize) -> Option<DevicePlane> {
        self.slot.epoch.pool.device_plane(self.slot.index, plane)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.generation.is_current() {
            return;
        }
        match self.published {
            true => self.epoch.ring.give_back(self.index),
            false => self.epoch.ring.abandon(self.index),
        }
    }
}

/// Looks whether `planes` hold a whole frame of `layout`.
pub(super) fn check_source(layout: &FrameLayout, planes: &[(&[u8], usize)]) -> Result<()> {
    if planes.len() != layout.plane_count {
        return Err(Error::InvalidArgument(format!(
            "{} planes were given, and a frame of {} has {}",
            planes.len(),
            layout.format,
            layout.plane_count
        )));
    }
    for (plane, &(bytes, pitch)) in planes.iter().enumerate() {
        let row = layout.plane_row_bytes(plane) as usize;
        let rows = layout.plane_rows(plane) as usize;
        let needed = pitch
            .checked_mul(rows - 1)
            .and_then(|all| all.checked_add(row));
        if pitch < row || needed.is_none_or(|needed| bytes.len() < needed) {
            return Err(Error::InvalidArgument(format!(
                "plane {plane} has {} bytes at a pitch of {pitch}, and needs {rows} rows of {row} bytes",
                bytes.len()
            )));
        }
    }
    Ok(())
}
