//! The reader's side: the next frame, and space for the writer.

use std::sync::atomic::Ordering;

use super::held::{Held, Returned};
use super::lap::{Unread, finish_first, unread};
use super::{Header, Words, is_stub};
use crate::config::SequenceCheck;
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::wire::{HEADER_SIZE, field, frame_bytes};

/// A frame in the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Where its data begin.
    pub position: u64,
    /// Bytes of its data.
    pub size: u64,
    /// Its number.
    pub sequence: u64,
    /// Its number among those that are lent.
    pub held: u64,
}

/// Why there is no next frame where one was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadFault {
    /// Its number is not the next.
    Sequence {
        /// The next one.
        expected: u64,
        /// What was found.
        got: u64,
    },
    /// What is there cannot be a frame.
    Corrupt(String),
}

/// The reader's position and number. Both are its own.
#[derive(Debug)]
pub struct ReaderRing {
    payload: u64,
    position: u64,
    read: u64,
    expected: u64,
    /// The process that wrote the last frame, or closed after it.
    writer: u64,
    check: SequenceCheck,
}

impl ReaderRing {
    /// At the beginning of a payload that was never written to.
    pub fn new(payload: u64, check: SequenceCheck) -> Self {
        ReaderRing {
            payload,
            position: 0,
            read: 0,
            expected: 1,
            writer: 0,
            check,
        }
    }

    /// The number of the next frame.
    #[cfg(test)]
    pub fn expected(&self) -> u64 {
        self.expected
    }

    /// Takes the next frame, which has been announced, and lends it; nothing has changed if it
    /// cannot be one. What is left out at the end of the payload before it is noted as given back.
    pub fn next(&mut self, words: &impl Words, held: &Held) -> Result<Span, ReadFault> {
        let mut position = self.position;
        let mut markers = 0;
        if is_stub(position, self.payload) {
            // Other writers go to the beginning here without a word.
            position = 0;
        }
        let mut header = words.header(position);
        if header.size == 0 && position != 0 {
            markers = 1;
            position = 0;
            header = words.header(0);
        }
        let bytes = self.check_size(position, header)?;
        let writer = words.load(field::WRITER_PID, Ordering::Relaxed);
        self.check_sequence(words, header.sequence, writer)?;
        if position != self.position {
            held.push_released(self.payload - self.position);
        }
        let span = Span {
            position: position + HEADER_SIZE as u64,
            size: header.size,
            sequence: header.sequence,
            held: held.push(bytes),
        };
        self.expected = header.sequence.wrapping_add(1);
        self.writer = writer;
        self.go_to(words, position + bytes, 1 + markers);
        Ok(span)
    }

    fn check_size(&self, position: u64, header: Header) -> Result<u64, ReadFault> {
        let room = self.payload - position;
        frame_bytes(header.size)
            .filter(|&bytes| header.size > 0 && bytes <= room)
            .ok_or_else(|| {
                let size = header.size;
                ReadFault::Corrupt(format!(
                    "a frame of {size} bytes at {position} of a payload of {}",
                    self.payload
                ))
            })
    }

    fn check_sequence(&self, words: &impl Words, got: u64, writer: u64) -> Result<(), ReadFault> {
        let expected = self.expected;
        let checked = self.check == SequenceCheck::Continuous && !planted(Fault::SequenceUnchecked);
        if got == expected || !checked {
            return Ok(());
        }
        // A writer in another language begins with 1 when it connects, and one of ours may not be
        // able to tell what the last number was; unless there is no frame at all, and this is an
        // old one.
        let more = words.load(field::WRITTEN_COUNT, Ordering::Acquire) > self.read;
        if more && (got == 1 || writer != self.writer) {
            tracing::info!(expected, got, "another writer counts otherwise");
            return Ok(());
        }
        Err(ReadFault::Sequence { expected, got })
    }

    /// Stores the position as it is, also where it is the end of the payload: writers in Python
    /// that have reached the end write beyond it if the reader says that it is at the beginning.
    fn go_to(&mut self, words: &impl Words, position: u64, counted: u64) {
        self.position = position % self.payload;
        self.read += counted;
        words.store(field::READ_POS, position, Ordering::Release);
        reach(Point::ReadPositionStored);
        words.store(field::READ_COUNT, self.read, Ordering::Release);
    }

    /// Takes a marker behind which no frame was announced: a writer of ours that needs more space
    /// than is left beside the end of the payload has put it there, and waits. True if there was
    /// one; its space is noted as given back.
    ///
    /// Nothing else looks like this: everything but the tail is free, the writer is at the
    /// beginning and the reader is not, and the header says so. A writer that is just about to
    /// announce the frame behind the marker is not disturbed, as it has its place.
    pub fn take_marker(&mut self, words: &impl Words, held: &Held) -> bool {
        let tail = self.payload - self.position;
        let waits = self.position != 0
            && words.load(field::FREE, Ordering::Acquire) == self.payload - tail
            && words.load(field::WRITE_POS, Ordering::Acquire) == 0
            && (is_stub(self.position, self.payload)
                || words.header(self.position) == Header::WRAP);
        if waits {
            held.push_released(tail);
            self.go_to(words, 0, 1);
        }
        waits
    }

    /// Gives back what was taken from the front of the lent frames. The semaphore is posted
    /// afterwards, once for each frame.
    pub fn give_back(words: &impl Words, returned: Returned) {
        if returned.bytes > 0 {
            // Release: the reader's last look at it comes before.
            words.add(field::FREE, returned.bytes, Ordering::Release);
            reach(Point::SpaceGiven);
        }
    }

    /// Brings the numbers in order after the death of a writer, and tells how many frames lie
    /// there that were not announced. `still_dead` is asked after each look at what is free: a
    /// writer that connects now says so before it takes any.
    pub fn mend(&mut self, words: &impl Words, held: &Held, still_dead: impl Fn() -> bool) -> u64 {
        loop {
            let free = words.load(field::FREE, Ordering::Acquire);
            let counted = words.load(field::WRITTEN_COUNT, Ordering::Acquire);
            let write = words.load(field::WRITE_POS, Ordering::Acquire);
            if write > self.payload || !still_dead() {
                return 0;
            }
            finish_first(words, self.payload, write);
            let Some(found) = self.unread(words, write, counted) else {
                return 0;
            };
            let Some(held) = held.bytes() else {
                std::thread::yield_now();
                continue;
            };
            let Some(true_free) = self.payload.checked_sub(held + found.bytes) else {
                return 0;
            };
            if free != true_free && !words.replace(field::FREE, free, true_free) {
                continue;
            }
            let true_count = self.read + found.frames + found.markers;
            if counted < true_count {
                words.replace(field::WRITTEN_COUNT, counted, true_count);
            }
            if free != true_free || found.frames > 0 {
                let frames = found.frames;
                tracing::warn!(
                    free,
                    true_free,
                    frames,
                    "a writer died in the middle: mended"
                );
            }
            return found.frames;
        }
    }

    /// What lies there and was not read.
    fn unread(&self, words: &impl Words, write: u64, counted: u64) -> Option<Unread> {
        let same = write % self.payload == self.position;
        // One frame may fill the payload: then the position is the same before and after.
        let all = self.payload - HEADER_SIZE as u64;
        let full = counted > self.read || (self.position == 0 && words.header(0).size == all);
        let found = unread(words, self.payload, self.position, write, full);
        if same && found.is_none_or(|found| found.first != Some(self.expected)) {
            // Frames of the last lap: other writers count more markers than they write.
            return Some(Unread::default());
        }
        found
    }
}
