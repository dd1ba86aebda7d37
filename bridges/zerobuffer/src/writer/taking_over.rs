//! Going on where another writer stopped, which may have died in the middle of a frame.

use std::sync::atomic::Ordering;

use crate::ring::{Unread, Words, WriterRing, finish_first, next_sequence, unread};
use crate::sys::{Segment, Semaphore};
use crate::wire::field;

/// What was found.
#[derive(Debug)]
pub struct TakenOver {
    /// Where to go on.
    pub ring: WriterRing,
    /// What cannot be told yet.
    pub suspect: Option<Suspect>,
}

/// Looks at the segment of which this process has just become the writer; `died` says that the one
/// before did not close it.
pub fn look(segment: &Segment, frames: &Semaphore, died: bool) -> TakenOver {
    let payload = segment.payload();
    let write = segment
        .load(field::WRITE_POS, Ordering::Acquire)
        .min(payload);
    let written = segment.load(field::WRITTEN_COUNT, Ordering::Acquire);
    finish_first(segment, payload, write);
    let waiting = waiting(segment, write, frames.value() > 0);
    let next = next_sequence(segment, payload, write, &waiting).unwrap_or_else(|| {
        tracing::warn!("the payload does not tell the number of its last frame");
        1
    });
    TakenOver {
        ring: WriterRing::new(payload, write, written, next),
        suspect: died.then_some(Suspect {
            write,
            bytes: waiting.last_bytes,
        }),
    }
}

/// The frames that the reader has not read.
fn waiting(segment: &Segment, write: u64, announced: bool) -> Unread {
    let payload = segment.payload();
    let read = segment.load(field::READ_POS, Ordering::Acquire);
    match read <= payload {
        true => unread(segment, payload, read, write, announced).unwrap_or_default(),
        false => Unread::default(),
    }
}

/// The last frame of a writer that died: perhaps its space was not taken, perhaps the reader was
/// not told of it. Whether, can be said once the reader waits although the frame lies there.
#[derive(Debug)]
pub struct Suspect {
    write: u64,
    bytes: u64,
}

impl Suspect {
    /// Bytes that may be said to be free and are not.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Does what was left undone; true if there is nothing in doubt any more.
    pub fn settle(&self, segment: &Segment, frames: &Semaphore) -> bool {
        if frames.value() > 0 {
            return false;
        }
        let free = segment.load(field::FREE, Ordering::Acquire);
        let left = waiting(
            segment,
            segment.load(field::WRITE_POS, Ordering::Acquire),
            false,
        );
        if left.frames == 0 {
            // It was told of it, or there was nothing to tell.
            return true;
        }
        if frames.waiters() == 0 || frames.value() > 0 {
            return false;
        }
        let excess = (free.saturating_add(left.bytes)).saturating_sub(segment.payload());
        if excess > 0 {
            segment.subtract(field::FREE, excess, Ordering::Release);
        }
        tracing::warn!(
            frames = left.frames,
            excess,
            at = self.write,
            "a writer died before it told of its last frame"
        );
        for _ in 0..left.frames {
            frames.post();
        }
        true
    }
}
