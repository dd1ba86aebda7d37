//! CUDA_TIMELINE: words in shared memory that streams write and wait for.
//!
//! The timeline page has for slot i the ready word at 64 i and the abort word behind it. The
//! subscriber page has the ack words. Both are ordinary memory, registered with the driver.

use std::sync::atomic::Ordering;

use crate::sys::WriteMap;
use crate::sys::cuda::{Context, CudaError, Registered, StreamRef};
use crate::wire::{PAGE_SIZE, TERMINAL, page};

/// Bytes from the words of one slot to those of the next.
const STRIDE: usize = 64;
/// Offset of the abort word behind the ready word.
const ABORT: usize = 8;

/// A timeline page.
#[derive(Debug)]
pub(super) struct Timeline {
    words: Words,
}

/// A page of words that both sides map; registered, streams can reach them too.
#[derive(Debug)]
pub(super) enum Words {
    /// Streams write them and wait for them.
    Registered(Registered),
    /// Only the processor reaches them.
    Mapped(WriteMap),
}

impl Words {
    /// Registers `map` with the driver.
    pub fn register(context: &Context, map: WriteMap) -> Result<Self, CudaError> {
        Registered::new(context, map).map(Words::Registered)
    }

    /// The words as the processor sees them.
    pub fn map(&self) -> &WriteMap {
        match self {
            Words::Registered(registered) => registered.map(),
            Words::Mapped(map) => map,
        }
    }

    /// `stream` writes `value` to the word at `offset` when it gets there.
    fn write_on(&self, stream: StreamRef<'_>, offset: usize, value: u64) -> Result<(), CudaError> {
        let (context, address) = self.device(offset)?;
        // SAFETY: I16: an aligned word of a registered page, which is kept until every stream
        // that was given work on it is done.
        unsafe { stream.write_value_64(context, address, value) }
    }

    /// `stream` goes on when the word at `offset` has reached `value`.
    fn wait_on(&self, stream: StreamRef<'_>, offset: usize, value: u64) -> Result<(), CudaError> {
        let (context, address) = self.device(offset)?;
        // SAFETY: I16: as above.
        unsafe { stream.wait_value_64_geq(context, address, value) }
    }

    /// Where streams see the word at `offset`, and in which context.
    fn device(&self, offset: usize) -> Result<(&Context, u64), CudaError> {
        assert!(offset + 8 <= PAGE_SIZE, "outside the page");
        match self {
            Words::Registered(registered) => {
                Ok((registered.context(), registered.address() + offset as u64))
            }
            Words::Mapped(_) => Err(CudaError::NoSymbol {
                symbol: "address for memory that could not be registered",
            }),
        }
    }
}

/// True if a ready word tells that `seq` is complete: the comparison that GEQ makes.
fn reached(word: u64, seq: u64) -> bool {
    word.wrapping_sub(seq).cast_signed() >= 0
}

impl Timeline {
    pub fn new(words: Words) -> Self {
        Timeline { words }
    }

    /// Whether streams can reach the words.
    pub fn reaches_streams(&self) -> bool {
        matches!(self.words, Words::Registered(_))
    }

    /// Frame `seq` in `slot` is complete once `stream` gets there.
    pub fn complete_on(
        &self,
        slot: usize,
        seq: u64,
        stream: StreamRef<'_>,
    ) -> Result<(), CudaError> {
        self.words.write_on(stream, slot * STRIDE, seq)
    }

    /// Frame `seq` in `slot` is complete now, and no write to its word is still queued.
    pub fn complete_now(&self, slot: usize, seq: u64) {
        // Release: who sees the word sees the pixels.
        self.words
            .map()
            .store_u64(slot * STRIDE, seq, Ordering::Release);
    }

    /// `stream` goes on only when frame `seq` in `slot` is complete.
    pub fn wait_on(&self, slot: usize, seq: u64, stream: StreamRef<'_>) -> Result<(), CudaError> {
        self.words.wait_on(stream, slot * STRIDE, seq)
    }

    /// True if frame `seq` in `slot` is complete, or aborted.
    pub fn is_over(&self, slot: usize, seq: u64) -> bool {
        reached(self.ready(slot), seq)
    }

    /// True if frame `seq` in `slot` will never be complete. A queued write may still overwrite
    /// a TERMINAL ready word, so the abort word decides too.
    pub fn is_aborted(&self, slot: usize, seq: u64) -> bool {
        let at = slot * STRIDE + ABORT;
        self.words.map().load_u64(at, Ordering::Acquire) == seq || self.ready(slot) == TERMINAL
    }

    /// Ends every wait for frame `seq` in `slot`, if it is not complete.
    pub fn abort(&self, slot: usize, seq: u64) {
        if self.is_over(slot, seq) {
            return;
        }
        let map = self.words.map();
        // In this order: whoever the ready word lets go finds out why.
        map.store_u64(slot * STRIDE + ABORT, seq, Ordering::Release);
        map.store_u64(slot * STRIDE, TERMINAL, Ordering::Release);
    }

    fn ready(&self, slot: usize) -> u64 {
        // Acquire: who sees the word sees the pixels.
        self.words.map().load_u64(slot * STRIDE, Ordering::Acquire)
    }
}

/// The ack words of a subscriber page.
#[derive(Debug)]
pub(super) struct AckWords {
    words: Words,
}

impl AckWords {
    pub fn new(words: Words) -> Self {
        AckWords { words }
    }

    /// The lease of frame `seq` in `slot` is over once `stream` gets there.
    pub fn ack_on(&self, slot: usize, seq: u64, stream: StreamRef<'_>) -> Result<(), CudaError> {
        self.words.write_on(stream, page::ACK_SEQ + slot * 8, seq)
    }

    /// True once the lease of frame `seq` in `slot` is over.
    pub fn is_acked(&self, slot: usize, seq: u64) -> bool {
        let at = page::ACK_SEQ + slot * 8;
        self.words.map().load_u64(at, Ordering::Acquire) == seq
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ready_word_is_compared_as_the_driver_compares_it() {
        assert!(reached(5, 5) && reached(6, 5) && !reached(4, 5));
        assert!(reached(TERMINAL, 1) && reached(TERMINAL, crate::wire::SEQ_MAX));
        // 2^64-1, which looks like the largest value, ends no wait at all.
        assert!(!reached(u64::MAX, 1));
    }

    #[test]
    fn an_abort_is_of_one_frame_and_only_if_it_is_not_complete() {
        let fd = crate::sys::create_memfd("test", PAGE_SIZE as u64).expect("memfd");
        let map = WriteMap::new(&fd, PAGE_SIZE).expect("map");
        let timeline = Timeline::new(Words::Mapped(map));
        timeline.complete_now(1, 7);
        timeline.abort(1, 7);
        assert!(timeline.is_over(1, 7) && !timeline.is_aborted(1, 7));
        timeline.abort(1, 8);
        assert!(timeline.is_over(1, 8) && timeline.is_aborted(1, 8));
        // A queued write comes after all: the frame stays aborted, others do not.
        timeline.complete_now(1, 8);
        assert!(timeline.is_aborted(1, 8) && !timeline.is_aborted(1, 7));
        assert!(!timeline.is_over(2, 1));
    }
}
