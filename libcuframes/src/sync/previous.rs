//! What was last written to each slot, and on which stream: the next writer comes after it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::sys::cuda::{Context, CudaError, Event, StreamRef};
use crate::wire::MAX_SLOTS;

/// In `seq`: work was given to a stream and never became a frame.
const ABANDONED: u64 = u64::MAX;

/// The last write to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Write {
    /// Nothing that a GPU did.
    None,
    /// The frame of this sequence.
    Frame(u64),
    /// Something that was not published.
    Abandoned,
}

/// The last write to every slot. Only who owns the slot looks at or changes its entry.
#[derive(Debug)]
pub(super) struct Previous {
    slots: [Slot; MAX_SLOTS],
    /// Per slot: recorded behind what was abandoned.
    abandoned: Vec<Event>,
}

#[derive(Debug, Default)]
struct Slot {
    seq: AtomicU64,
    stream: AtomicUsize,
}

impl Previous {
    pub fn new(context: &Context, slots: usize) -> Result<Self, CudaError> {
        let abandoned = (0..slots).map(|_| Event::new_local(context));
        Ok(Previous {
            slots: Default::default(),
            abandoned: abandoned.collect::<Result<_, _>>()?,
        })
    }

    /// The last write to `slot`.
    pub fn get(&self, slot: usize) -> Write {
        match self.slots[slot].seq.load(Ordering::Acquire) {
            0 => Write::None,
            ABANDONED => Write::Abandoned,
            seq => Write::Frame(seq),
        }
    }

    /// True if it was on `stream`, which then comes after it by itself.
    pub fn was_on(&self, slot: usize, stream: StreamRef<'_>) -> bool {
        self.slots[slot].stream.load(Ordering::Relaxed) == stream.as_raw().addr()
    }

    /// Frame `seq` was written to `slot` on `stream`.
    pub fn set_frame(&self, slot: usize, seq: u64, stream: StreamRef<'_>) {
        let entry = &self.slots[slot];
        entry
            .stream
            .store(stream.as_raw().addr(), Ordering::Relaxed);
        entry.seq.store(seq, Ordering::Release);
    }

    /// Everything that was done to `slot` is complete.
    pub fn clear(&self, slot: usize) {
        self.slots[slot].seq.store(0, Ordering::Release);
    }

    /// What was given to `stream` for `slot` is never published.
    pub fn abandon(&self, slot: usize, stream: StreamRef<'_>) -> Result<(), CudaError> {
        self.abandoned[slot].record(stream)?;
        self.set_frame(slot, ABANDONED, stream);
        Ok(())
    }

    /// The event behind what was abandoned in `slot`.
    pub fn abandoned(&self, slot: usize) -> &Event {
        &self.abandoned[slot]
    }
}
