//! Where shared words live: a mapping in the library, the checker's own in a model.

#[cfg(loom)]
pub use loom::sync::atomic::Ordering;
#[cfg(not(loom))]
pub use std::sync::atomic::Ordering;

/// Words that can be read. Offsets are in bytes and naturally aligned.
pub trait Words {
    /// Loads the u64 at `offset`.
    fn load_u64(&self, offset: usize, order: Ordering) -> u64;
    /// Loads the u32 at `offset`.
    fn load_u32(&self, offset: usize, order: Ordering) -> u32;
    /// Loads the byte at `offset`.
    fn load_u8(&self, offset: usize, order: Ordering) -> u8;

    /// Copies bytes from `offset` on, a multiple of 8, with relaxed loads of whole words; they
    /// may be of different moments if somebody writes meanwhile.
    fn load_bytes(&self, offset: usize, to: &mut [u8]) {
        for (index, bytes) in to.chunks_mut(8).enumerate() {
            let word = self.load_u64(offset + index * 8, Ordering::Relaxed);
            bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
        }
    }
}

/// Words that can also be written.
pub trait WordsMut: Words {
    /// Stores the u64 at `offset`.
    fn store_u64(&self, offset: usize, value: u64, order: Ordering);
    /// Stores the u32 at `offset`.
    fn store_u32(&self, offset: usize, value: u32, order: Ordering);
    /// Stores the byte at `offset`.
    fn store_u8(&self, offset: usize, value: u8, order: Ordering);
    /// Adds to the u32 at `offset` and returns what was there.
    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32;
    /// Sets bits of the u32 at `offset` and returns what was there.
    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32;
    /// Keeps only `bits` of the u32 at `offset` and returns what was there.
    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32;

    /// Copies bytes to `offset` on, a multiple of 8, with relaxed stores of whole words; the
    /// last one is filled up with zeros.
    fn store_bytes(&self, offset: usize, from: &[u8]) {
        for (index, bytes) in from.chunks(8).enumerate() {
            let mut word = [0; 8];
            word[..bytes.len()].copy_from_slice(bytes);
            let word = u64::from_le_bytes(word);
            self.store_u64(offset + index * 8, word, Ordering::Relaxed);
        }
    }
}

#[cfg(not(loom))]
mod mapped {
    use std::sync::Arc;

    use super::{Ordering, Words, WordsMut};
    use crate::sys::{Mapping, ReadWrite};

    impl<Access> Words for Mapping<Access> {
        #[inline]
        fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
            Mapping::load_u64(self, offset, order)
        }

        #[inline]
        fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
            Mapping::load_u32(self, offset, order)
        }

        #[inline]
        fn load_u8(&self, offset: usize, order: Ordering) -> u8 {
            Mapping::load_u8(self, offset, order)
        }

        #[inline]
        fn load_bytes(&self, offset: usize, to: &mut [u8]) {
            Mapping::load_bytes(self, offset, to);
        }
    }

    /// The publisher's threads share one map.
    impl<W: Words> Words for Arc<W> {
        #[inline]
        fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
            W::load_u64(self, offset, order)
        }

        #[inline]
        fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
            W::load_u32(self, offset, order)
        }

        #[inline]
        fn load_u8(&self, offset: usize, order: Ordering) -> u8 {
            W::load_u8(self, offset, order)
        }

        #[inline]
        fn load_bytes(&self, offset: usize, to: &mut [u8]) {
            W::load_bytes(self, offset, to);
        }
    }

    impl<W: WordsMut> WordsMut for Arc<W> {
        #[inline]
        fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
            W::store_u64(self, offset, value, order);
        }

        #[inline]
        fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
            W::store_u32(self, offset, value, order);
        }

        #[inline]
        fn store_u8(&self, offset: usize, value: u8, order: Ordering) {
            W::store_u8(self, offset, value, order);
        }

        #[inline]
        fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
            W::add_u32(self, offset, value, order)
        }

        #[inline]
        fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
            W::or_u32(self, offset, bits, order)
        }

        #[inline]
        fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
            W::and_u32(self, offset, bits, order)
        }

        #[inline]
        fn store_bytes(&self, offset: usize, from: &[u8]) {
            W::store_bytes(self, offset, from);
        }
    }

    impl WordsMut for Mapping<ReadWrite> {
        #[inline]
        fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
            Mapping::store_u64(self, offset, value, order);
        }

        #[inline]
        fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
            Mapping::store_u32(self, offset, value, order);
        }

        #[inline]
        fn store_u8(&self, offset: usize, value: u8, order: Ordering) {
            Mapping::store_u8(self, offset, value, order);
        }

        #[inline]
        fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
            Mapping::add_u32(self, offset, value, order)
        }

        #[inline]
        fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
            Mapping::or_u32(self, offset, bits, order)
        }

        #[inline]
        fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
            Mapping::and_u32(self, offset, bits, order)
        }

        #[inline]
        fn store_bytes(&self, offset: usize, from: &[u8]) {
            Mapping::store_bytes(self, offset, from);
        }
    }
}

/// The pages of all subscribers as the publisher sees them, page `i` at `i * PAGE_SIZE`.
pub trait PageWords {
    /// Loads the u64 at `offset`.
    fn load_u64(&self, offset: usize, order: Ordering) -> u64;
    /// Loads the u32 at `offset`.
    fn load_u32(&self, offset: usize, order: Ordering) -> u32;
    /// Stores the u32 at `offset`.
    fn store_u32(&self, offset: usize, value: u32, order: Ordering);

    /// CUDA_EVENT: true while the event of page `index` for `slot`, which was recorded when its
    /// lease ended, has not happened; also when it cannot be asked. Pages without such events
    /// have none that is pending.
    fn is_release_pending(&self, _index: usize, _slot: usize) -> bool {
        false
    }
}
