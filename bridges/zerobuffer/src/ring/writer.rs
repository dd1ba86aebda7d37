//! The writer's side: where a frame goes, and in which order that is told.
//!
//! A frame is never split. One that does not fit before the end of the payload is put at the
//! beginning, and a header of size 0, where it would have been, says so. The end must not be left
//! with 1 to 15 bytes, as no header fits there and no other reader understands that: a frame that
//! would leave them is put at the beginning too.
//!
//! **Order.** The data and their header, then `payload_free_bytes` less (a release),
//! `payload_write_pos`, the count, and at last the semaphore, which is what the reader waits for.
//! Whoever is killed in between has taken space that nobody uses, or has written a frame that
//! nobody was told of; never has somebody been told of a frame that is not whole, or of space that
//! is not free. A reader of ours mends both when it finds the writer dead.
//!
//! The first header of the payload says [`WRITING`] instead of a size until just before the
//! semaphore: the lap before is written over from then on, and its headers do not tell any more
//! which number was the last.

use std::sync::atomic::Ordering;

use super::lap::WRITING;
use super::{Header, Words, is_stub};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::wire::{HEADER_SIZE, field, frame_bytes};

/// Where a frame is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Where its header goes.
    pub at: u64,
    /// What is left out at the end of the payload before it.
    pub tail: u64,
    /// Bytes that have to be free, the tail among them. More than the payload has, if it can be
    /// placed only once the tail is given back.
    pub need: u64,
    size: u64,
}

/// Why a frame cannot go anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It has no data.
    Empty,
    /// It does not fit the payload.
    TooLarge,
    /// It would leave an end that no header fits into, wherever it is put.
    LeavesStub,
}

/// The writer's position and number. Both are its own: what others scribble over the shared ones
/// does not lead it astray.
#[derive(Debug)]
pub struct WriterRing {
    payload: u64,
    position: u64,
    written: u64,
    next: u64,
}

impl WriterRing {
    /// Goes on at `position`, with the number `next`, having counted `written`.
    pub fn new(payload: u64, position: u64, written: u64, next: u64) -> Self {
        WriterRing {
            payload,
            position: position % payload,
            written,
            next,
        }
    }

    /// The number of the next frame.
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Where a frame of `size` bytes goes.
    pub fn place(&self, size: u64) -> Result<Placement, Refused> {
        if size == 0 && !planted(Fault::ZeroSizeFrame) {
            return Err(Refused::Empty);
        }
        let bytes = frame_bytes(size)
            .filter(|&bytes| bytes <= self.payload)
            .ok_or(Refused::TooLarge)?;
        let stub = |end: u64| is_stub(end, self.payload) && !planted(Fault::NoEarlyWrap);
        let tail = self.payload - self.position;
        if bytes <= tail && !stub(self.position + bytes) {
            return Ok(Placement {
                at: self.position,
                tail: 0,
                need: bytes,
                size,
            });
        }
        if stub(bytes) {
            return Err(Refused::LeavesStub);
        }
        let need = if planted(Fault::ForgetTail) {
            bytes
        } else {
            tail + bytes
        };
        Ok(Placement {
            at: 0,
            tail,
            need,
            size,
        })
    }

    /// Bytes that are free; `None` if that cannot be.
    pub fn free(&self, words: &impl Words) -> Option<u64> {
        // Acquire: what is written next must not come before the reader's last look at it.
        let free = words.load(field::FREE, Ordering::Acquire);
        (free <= self.payload || planted(Fault::FreeUnchecked)).then_some(free)
    }

    /// Leaves the tail out: the next frame goes to the beginning. Its space comes back when the
    /// reader comes by.
    pub fn wrap(&mut self, words: &impl Words) {
        let tail = self.payload - self.position;
        let has_marker = tail >= HEADER_SIZE as u64;
        if has_marker && !planted(Fault::NoWrapMarker) {
            words.set_header(self.position, Header::WRAP);
        }
        words.subtract(field::FREE, tail, Ordering::Release);
        reach(Point::TailTaken);
        self.go_to(words, 0, u64::from(has_marker));
    }

    /// Makes a place ready to be written into, before anybody writes there. The tail was left out.
    pub fn begin(&self, words: &impl Words, placement: &Placement) {
        if placement.at == 0 {
            let header = Header {
                size: WRITING,
                sequence: self.next,
            };
            words.set_header(0, header);
        }
    }

    /// Tells of a frame that lies whole at its place: all but the semaphore.
    pub fn commit(&mut self, words: &impl Words, placement: &Placement, sequence: u64) {
        let size = placement.size;
        let header = Header { size, sequence };
        if placement.at != 0 {
            words.set_header(placement.at, header);
        }
        reach(Point::HeaderWritten);
        let bytes = HEADER_SIZE as u64 + size;
        words.subtract(field::FREE, bytes, Ordering::Release);
        reach(Point::SpaceTaken);
        self.go_to(words, (placement.at + bytes) % self.payload, 1);
        if placement.at == 0 {
            words.set_header(0, header);
        }
        self.next = self.next.wrapping_add(1);
        reach(Point::FrameCounted);
    }

    fn go_to(&mut self, words: &impl Words, position: u64, counted: u64) {
        self.position = position;
        // Both counts go round: a buffer may tell any beginning.
        self.written = self.written.wrapping_add(counted);
        words.store(field::WRITE_POS, position, Ordering::Release);
        reach(Point::PositionStored);
        words.store(field::WRITTEN_COUNT, self.written, Ordering::Release);
    }
}
