//! Bytes that another process may be writing, in and out at memcpy's speed.
//!
//! They are accessed as words, each a relaxed atomic. A compiler joins no atomics into wider
//! accesses, and so a loop over them, unrolled or not, takes 1.3 times as long as memcpy for
//! 256 KiB and up to 2.2 times for 16 KiB. On x86-64 whole blocks are moved by instructions of our
//! own instead. To the compiler these may do whatever relaxed loads and stores of the words
//! could do, and it assumes nothing else of them; the processor keeps every aligned word whole,
//! and its loads and its stores in order. AVX, where there is any, needs two thirds of the time of
//! SSE for what lies in the first cache. `rep movsb` is no faster than AVX, and keeps the stores
//! within one copy in no order. Other processors take the loop of atomics for all of it.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a block.
const BLOCK: usize = 64;

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
        let can = cfg!(target_arch = "x86_64") && self.first.addr().is_multiple_of(16);
        if can { len - len % BLOCK } else { 0 }
    }

    /// Copies the first bytes to `to`.
    #[inline]
    pub fn load(&self, to: &mut [u8]) {
        let done = self.in_blocks(to.len());
        // SAFETY: I1: both sides have at least `done` bytes, and the private one is ours.
        unsafe { copy(self.first.cast(), to.as_mut_ptr(), done / BLOCK) };
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
        unsafe { copy(from.as_ptr(), self.first.cast(), done / BLOCK) };
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

/// Copies blocks of which one side is shared.
///
/// # Safety
/// So many blocks can be read at `from` and written at `to`.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, blocks: usize) {
    if blocks == 0 {
        return;
    }
    match std::arch::is_x86_feature_detected!("avx") {
        // SAFETY: the processor has AVX, and the caller's promise is passed on.
        true => unsafe { copy_by_avx(from, to, blocks) },
        // SAFETY: the caller's promise is passed on.
        false => unsafe { copy_by_sse(from, to, blocks) },
    }
}

/// # Safety
/// As for `copy`; `blocks` is not 0, and the processor has AVX.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn copy_by_avx(from: *const u8, to: *mut u8, blocks: usize) {
    // SAFETY: it reads and writes the blocks, which the caller allows, and the registers named.
    unsafe {
        std::arch::asm!(
            "2:",
            "vmovups {a}, [{from}]",
            "vmovups {b}, [{from} + 32]",
            "vmovups [{to}], {a}",
            "vmovups [{to} + 32], {b}",
            "add {from}, 64",
            "add {to}, 64",
            "dec {blocks}",
            "jnz 2b",
            "vzeroupper",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            blocks = inout(reg) blocks => _,
            a = out(ymm_reg) _,
            b = out(ymm_reg) _,
            options(nostack),
        );
    }
}

/// # Safety
/// As for `copy`; `blocks` is not 0.
#[cfg(target_arch = "x86_64")]
unsafe fn copy_by_sse(from: *const u8, to: *mut u8, blocks: usize) {
    // SAFETY: it reads and writes the blocks, which the caller allows, and the registers named.
    unsafe {
        std::arch::asm!(
            "2:",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            "add {from}, 64",
            "add {to}, 64",
            "dec {blocks}",
            "jnz 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            blocks = inout(reg) blocks => _,
            a = out(xmm_reg) _,
            b = out(xmm_reg) _,
            c = out(xmm_reg) _,
            d = out(xmm_reg) _,
            options(nostack),
        );
    }
}

/// Never asked for a block.
///
/// # Safety
/// None is needed.
#[cfg(not(target_arch = "x86_64"))]
unsafe fn copy(_from: *const u8, _to: *mut u8, blocks: usize) {
    debug_assert_eq!(blocks, 0, "blocks are for x86-64");
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use crate::sys::{self, WriteMap};

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn without_avx_the_same_is_copied() {
        let bytes: Vec<u8> = (0..400u16).map(|index| (index % 251) as u8 + 1).collect();
        for blocks in 1..=6 {
            let mut copied = [0; 400];
            // SAFETY: both have 400 bytes, and at most 384 of them, and 1, are used.
            unsafe { super::copy_by_sse(bytes[1..].as_ptr(), copied.as_mut_ptr(), blocks) };
            assert_eq!(copied[..blocks * 64], bytes[1..=blocks * 64]);
            assert!(copied[blocks * 64..].iter().all(|&byte| byte == 0));
        }
    }

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
