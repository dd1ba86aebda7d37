//! Bytes that another process may be writing: whole words of a mapping, in and out.
//!
//! They are accessed as words, each a relaxed atomic, and on x86-64 as the blocks of the crate
//! `racing`, at memcpy's speed.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use racing::{BLOCK, copy_blocks};

/// Words of a mapping, one behind the other.
pub struct Run<'map> {
    first: *mut u64,
    words: usize,
    map: PhantomData<&'map ()>,
}

impl Run<'_> {
    /// The `words` words from `first` on.
    ///
    /// # Safety
    /// They are mapped as long as the run is used, `first` is aligned, and this process accesses
    /// them only by atomics and racing copies.
    #[inline]
    pub unsafe fn new(first: *mut u64, words: usize) -> Self {
        Run {
            first,
            words,
            map: PhantomData,
        }
    }

    #[inline(always)]
    fn word(&self, index: usize) -> &AtomicU64 {
        debug_assert!(index < self.words, "outside the run");
        // SAFETY: I1: the callers count to `words`, and so many are inside the mapping.
        let word = unsafe { self.first.add(index) };
        // SAFETY: I2: aligned, inside the map, and only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(word) }
    }

    /// How many of `len` bytes are moved as blocks; the rest is left to atomics.
    #[inline]
    fn in_blocks(&self, len: usize) -> usize {
        assert!(len <= self.words * 8, "outside the run");
        let can = racing::CAN_BLOCKS && self.first.addr().is_multiple_of(16);
        if can { len - len % BLOCK } else { 0 }
    }

    /// Copies the first bytes to `to`.
    #[inline]
    pub fn load(&self, to: &mut [u8]) {
        let done = self.in_blocks(to.len());
        // SAFETY: I1: both sides have at least `done` bytes, and the private one is ours.
        unsafe { copy_blocks(self.first.cast(), to.as_mut_ptr(), done / BLOCK) };
        let (words, rest) = to[done..].as_chunks_mut::<8>();
        let last = done / 8 + words.len();
        for (index, word) in (done / 8..).zip(words) {
            *word = self.word(index).load(Ordering::Relaxed).to_le_bytes();
        }
        if !rest.is_empty() {
            let word = self.word(last).load(Ordering::Relaxed);
            rest.copy_from_slice(&word.to_le_bytes()[..rest.len()]);
        }
    }

    /// Copies `from` to the first bytes; the last word is filled up with zeros.
    ///
    /// # Safety
    /// The words may be written.
    #[inline]
    pub unsafe fn store(&self, from: &[u8]) {
        let done = self.in_blocks(from.len());
        // SAFETY: I1: both sides have at least `done` bytes, and the caller allows to write.
        unsafe { copy_blocks(from.as_ptr(), self.first.cast(), done / BLOCK) };
        let (words, rest) = from[done..].as_chunks::<8>();
        let last = done / 8 + words.len();
        for (index, &word) in (done / 8..).zip(words) {
            self.word(index)
                .store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(last)
                .store(u64::from_le_bytes(word), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use crate::sys::{self, WriteMap};

    #[test]
    fn copies_of_every_length_and_place_are_exact_and_touch_nothing_else() {
        let fd = sys::create_memfd("cuframes-copies", 4096).expect("memfd");
        let map = WriteMap::new(&fd, 4096).expect("a map");
        let bytes: Vec<u8> = (0..400u16).map(|index| (index % 251) as u8 + 1).collect();
        for offset in (1024..1152).step_by(8) {
            for len in 0..300 {
                // The private side is not aligned.
                let skip = len % 7;
                map.store_bytes(1000, &[0xEE; 600]);
                map.store_bytes(offset, &bytes[skip..skip + len]);
                let mut back = [0xAA; 400];
                map.load_bytes(offset, &mut back[skip..skip + len]);
                assert_eq!(back[skip..skip + len], bytes[skip..skip + len]);
                assert!(back[..skip].iter().all(|&byte| byte == 0xAA));
                assert!(back[skip + len..].iter().all(|&byte| byte == 0xAA));
                let end = offset + len.next_multiple_of(8);
                let beside = [offset - 1, end].map(|at| map.load_u8(at, Ordering::Relaxed));
                assert_eq!(beside, [0xEE; 2], "{len} bytes at {offset}");
            }
        }
    }
}
