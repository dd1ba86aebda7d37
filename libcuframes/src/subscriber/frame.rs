//! A leased frame.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::{FrameFlags, FrameMeta};
use crate::pool::Plane;
use crate::ring::Found;
use crate::sys::{self, Generation};
use crate::wire::{ErrorCode, MemoryKind, SlotMeta};

use super::attachment::Attachment;

/// A frame, read in place: as long as it or a clone of it exists, the publisher does not
/// write to its pixels. Clones are cheap. It may be sent to other threads, and may outlive
/// its [`Subscriber`](super::Subscriber).
#[derive(Debug)]
pub struct Frame {
    pub(super) attachment: Arc<Attachment>,
    pub(super) slot: usize,
    pub(super) wire: SlotMeta,
    discontinuity: bool,
    given_back: bool,
    generation: Generation,
}

impl Frame {
    /// Leases `found`. `None`: the publisher was faster.
    pub(super) fn lease(attachment: &Arc<Attachment>, found: Found) -> Result<Option<Frame>> {
        let Some(wire) = attachment.lease(found)? else {
            return Ok(None);
        };
        let frame = Frame {
            attachment: Arc::clone(attachment),
            slot: found.slot,
            wire,
            discontinuity: false,
            given_back: false,
            generation: sys::generation(),
        };
        // A publisher that lends something outside of its pool is not to be believed at all.
        attachment.check_place(frame.slot, &frame.wire)?;
        Ok(Some(frame))
    }

    pub(super) fn mark_discontinuity(&mut self) {
        self.discontinuity = true;
    }

    /// Its number: 1 for the first frame of the stream, without gaps at the publisher.
    pub fn seq(&self) -> u64 {
        self.wire.seq
    }

    /// Presentation time in nanoseconds, if the source has one.
    pub fn pts(&self) -> Option<i64> {
        self.meta().pts
    }

    /// When it was published: nanoseconds of CLOCK_MONOTONIC.
    pub fn publish_ns(&self) -> u64 {
        self.wire.publish_ns
    }

    /// Everything that the publisher said about it. The first frame of a new epoch is marked
    /// as a discontinuity.
    pub fn meta(&self) -> FrameMeta {
        let mut meta = FrameMeta::from_wire(&self.wire, self.layout());
        meta.flags.set(
            FrameFlags::DISCONTINUITY,
            meta.flags.contains(FrameFlags::DISCONTINUITY) || self.discontinuity,
        );
        meta
    }

    /// Properties of the frame.
    pub fn flags(&self) -> FrameFlags {
        self.meta().flags
    }

    /// Planes, pitches and sizes.
    pub fn layout(&self) -> &FrameLayout {
        &self.attachment.layout
    }

    /// Where its pixels are.
    pub fn memory(&self) -> MemoryKind {
        self.attachment.geometry.memory
    }

    /// Planes of this frame.
    pub fn plane_count(&self) -> usize {
        self.layout().plane_count
    }

    /// Plane `plane`; one without rows if there is no such plane, and for frames on a GPU,
    /// which have [`device_plane`](Frame::device_plane).
    pub fn plane(&self, plane: usize) -> Plane<'_> {
        self.attachment.plane(&self.wire, plane)
    }

    /// All planes in their order.
    pub fn planes(&self) -> impl Iterator<Item = Plane<'_>> {
        (0..self.plane_count()).map(|plane| self.plane(plane))
    }

    /// Copies the picture without padding, plane after plane, into the first
    /// [`packed_size`](FrameLayout::packed_size) bytes of `to`. A frame on a GPU is waited for
    /// and downloaded.
    pub fn copy_to(&self, to: &mut [u8]) -> Result<()> {
        let needed = self.layout().packed_size();
        if (to.len() as u64) < needed {
            return Err(Error::InvalidArgument(format!(
                "the picture has {needed} bytes, and the buffer has {}",
                to.len()
            )));
        }
        if self.attachment.gpu().is_some() {
            return self.download(to);
        }
        let mut rest = to;
        for plane in self.planes() {
            let (part, after) = std::mem::take(&mut rest).split_at_mut(plane.packed_size());
            plane.copy_to(part);
            rest = after;
        }
        Ok(())
    }

    /// Gives the frame back, and says whether what was read of it was whole:
    /// [`Evicted`](Error::Evicted) if the publisher has ended this subscription meanwhile, in
    /// which case the pixels may have been overwritten while they were read. Dropping a frame
    /// gives it back too, and says nothing.
    pub fn release(mut self) -> Result<()> {
        self.give_back().map_err(|code| self.evicted(code))
    }

    pub(super) fn evicted(&self, code: i32) -> Error {
        Error::Evicted {
            key: self.attachment.key().to_owned(),
            why: ErrorCode::from_i32(code).unwrap_or(ErrorCode::Evicted),
        }
    }

    fn give_back(&mut self) -> std::result::Result<(), i32> {
        match self.take_hold() {
            true => self.attachment.release(self.slot, self.wire.seq),
            false => Ok(()),
        }
    }

    /// True once: the hold of this value on the frame is the caller's now. A forked child has
    /// a copy of the value and no hold.
    pub(super) fn take_hold(&mut self) -> bool {
        !std::mem::replace(&mut self.given_back, true) && self.generation.is_current()
    }
}

impl Clone for Frame {
    fn clone(&self) -> Self {
        self.attachment.hold(self.slot);
        Frame {
            attachment: Arc::clone(&self.attachment),
            slot: self.slot,
            wire: self.wire,
            discontinuity: self.discontinuity,
            given_back: self.given_back,
            generation: self.generation,
        }
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        // Who wants to know whether it was whole calls release().
        let _ = self.give_back();
    }
}
