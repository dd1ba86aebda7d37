//! A frame on its way: being made, then published and still held by its maker.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::FrameMeta;
use crate::pool::{Plane, SlotPixels};
use crate::session::Epoch;
use crate::sys::{self, Generation};

/// A slot in which a frame is being made. Nobody else sees it. Dropped unpublished, the slot
/// is empty again.
#[derive(Debug)]
pub struct WritableFrame {
    // Before the slot: the pixels are given up before the slot is.
    pixels: SlotPixels,
    slot: Slot,
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

impl WritableFrame {
    /// The frame of slot `index`, which was claimed.
    pub(super) fn new(epoch: &Arc<Epoch>, index: usize) -> Option<Self> {
        let slot = Slot {
            epoch: Arc::clone(epoch),
            index,
            published: false,
            generation: sys::generation(),
        };
        let pixels = epoch.pool.take(index)?;
        Some(WritableFrame { pixels, slot })
    }

    /// Planes, pitches and sizes.
    pub fn layout(&self) -> &FrameLayout {
        self.pixels.layout()
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
    /// included. Empty for a plane that is not there. What is in it first is undefined: the
    /// pixels of some older frame, or zeros.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        self.pixels.plane_mut(plane)
    }

    /// Address of the first byte of `plane`, valid for writing until the frame is published or
    /// dropped.
    pub fn plane_ptr(&self, plane: usize) -> *mut u8 {
        self.pixels.plane_ptr(plane)
    }

    /// Copies planes of the caller's, which `check_source` has looked at.
    pub(super) fn copy_from(&mut self, planes: &[(&[u8], usize)]) {
        for (index, &(source, source_pitch)) in planes.iter().enumerate() {
            let row_bytes = self.layout().plane_row_bytes(index) as usize;
            let pitch = self.pitch(index);
            let rows = self.plane_mut(index).chunks_mut(pitch);
            for (to, from) in rows.zip(source.chunks(source_pitch)) {
                to[..row_bytes].copy_from_slice(&from[..row_bytes]);
            }
        }
    }

    pub(super) fn is_of(&self, epoch: &Arc<Epoch>) -> bool {
        Arc::ptr_eq(&self.slot.epoch, epoch)
    }

    /// Makes it visible as `seq`.
    pub(super) fn publish(self, seq: u64, meta: &FrameMeta) -> PublishedFrame {
        let WritableFrame { pixels, mut slot } = self;
        // Nobody writes these pixels any more, also not in this process.
        drop(pixels);
        slot.publish(seq, meta);
        PublishedFrame { slot, seq }
    }
}

impl PublishedFrame {
    /// Its sequence: 1 for the first frame of the stream.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Plane `plane`, for reading.
    pub fn plane(&self, plane: usize) -> Plane<'_> {
        self.slot.epoch.pool.plane(self.slot.index, plane)
    }
}

impl Slot {
    fn publish(&mut self, seq: u64, meta: &FrameMeta) {
        let offset = self.epoch.pool.offset(self.index);
        let meta = meta.to_wire(seq, sys::monotonic_ns(), offset);
        let [_, words @ ..]: [u64; 8] = zerocopy::transmute!(meta);
        let waiting = self.epoch.ring.publish(self.index, seq, &words);
        self.published = true;
        if waiting != 0 {
            self.epoch.wake(waiting);
        }
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
