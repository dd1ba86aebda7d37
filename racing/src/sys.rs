//! The copies themselves.

mod stream;

pub use stream::copy_past_caches;

#[cfg(any(test, not(target_arch = "x86_64")))]
use std::sync::atomic::{AtomicU8, Ordering};

/// Bytes of a block.
pub const BLOCK: usize = 64;

/// Whether this processor's blocks can be moved at all: [`copy_blocks`] is for these only.
pub const CAN_BLOCKS: bool = cfg!(target_arch = "x86_64");

/// Copies `len` bytes of which one side, or both, may be accessed by another process meanwhile.
/// Neither has to be aligned; what is written meanwhile arrives or does not, byte by byte.
///
/// # Safety
/// So many bytes can be read at `from` and written at `to`, they do not overlap, and this process
/// accesses those that are shared by atomics and racing copies only.
#[inline]
pub unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    let blocks = if CAN_BLOCKS { len / BLOCK } else { 0 };
    // SAFETY: the caller's promise covers the first `blocks * BLOCK` bytes.
    unsafe { copy_blocks(from, to, blocks) };
    let done = blocks * BLOCK;
    // SAFETY: `done` is at most `len`, and so many bytes can be read.
    let from = unsafe { from.add(done) };
    // SAFETY: as for `from`, of what can be written.
    let to = unsafe { to.add(done) };
    // SAFETY: the caller's promise covers what is left of the bytes.
    unsafe { copy_rest(from, to, len - done) };
}

/// Less than a block on x86-64: words of any alignment, then bytes.
///
/// # Safety
/// As for `copy`.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn copy_rest(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: it reads and writes `len` bytes, which the caller allows, and the registers named.
    unsafe {
        std::arch::asm!(
            "2:",
            "cmp {len}, 8",
            "jb 3f",
            "mov {word}, [{from}]",
            "mov [{to}], {word}",
            "add {from}, 8",
            "add {to}, 8",
            "sub {len}, 8",
            "jmp 2b",
            "3:",
            "test {len}, {len}",
            "jz 4f",
            "mov {word:l}, [{from}]",
            "mov [{to}], {word:l}",
            "inc {from}",
            "inc {to}",
            "dec {len}",
            "jmp 3b",
            "4:",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            len = inout(reg) len => _,
            word = out(reg_abcd) _,
            options(nostack),
        );
    }
}

/// All of it on other processors.
///
/// # Safety
/// As for `copy`.
#[cfg(not(target_arch = "x86_64"))]
#[inline]
unsafe fn copy_rest(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: the caller's promise is passed on.
    unsafe { copy_by_bytes(from, to, len) };
}

/// Byte by byte, on any processor.
///
/// # Safety
/// As for `copy`.
#[cfg_attr(target_arch = "x86_64", cfg(test))]
unsafe fn copy_by_bytes(from: *const u8, to: *mut u8, len: usize) {
    for index in 0..len {
        // SAFETY: index < len, and so many bytes can be read.
        let from = unsafe { from.add(index) };
        // SAFETY: as for `from`, of what can be written.
        let to = unsafe { to.add(index) };
        // SAFETY: a byte is always aligned, and loads through the atomic write nothing.
        let from = unsafe { AtomicU8::from_ptr(from.cast_mut()) };
        // SAFETY: a byte is always aligned, and it may be written.
        let to = unsafe { AtomicU8::from_ptr(to) };
        to.store(from.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// Copies blocks of which one side is shared.
///
/// # Safety
/// So many blocks can be read at `from` and written at `to`, they do not overlap, and this process
/// accesses those that are shared by atomics and racing copies only.
#[cfg(target_arch = "x86_64")]
#[inline]
pub unsafe fn copy_blocks(from: *const u8, to: *mut u8, blocks: usize) {
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
/// As for `copy_blocks`; `blocks` is not 0, and the processor has AVX.
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
/// As for `copy_blocks`; `blocks` is not 0.
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
pub unsafe fn copy_blocks(_from: *const u8, _to: *mut u8, blocks: usize) {
    debug_assert_eq!(blocks, 0, "blocks are for x86-64");
}

#[cfg(test)]
mod tests {
    fn pattern() -> Vec<u8> {
        (0..400u16).map(|index| (index % 251) as u8 + 1).collect()
    }

    /// Copies by `copy`, for every length and alignment of both sides, and looks beside as well.
    fn check(copy: unsafe fn(*const u8, *mut u8, usize)) {
        let bytes = pattern();
        for (from, to) in (0..9).flat_map(|from| (0..9).map(move |to| (from, to))) {
            for len in 0..300 {
                let mut copied = [0xEE; 400];
                // SAFETY: from + len and to + len are at most 309 of 400 bytes.
                unsafe { copy(bytes[from..].as_ptr(), copied[to..].as_mut_ptr(), len) };
                assert_eq!(copied[to..to + len], bytes[from..from + len], "{len}");
                assert!(copied[..to].iter().all(|&byte| byte == 0xEE), "{len}");
                assert!(copied[to + len..].iter().all(|&byte| byte == 0xEE), "{len}");
            }
        }
    }

    #[test]
    fn copies_of_every_length_and_alignment_are_exact_and_touch_nothing_else() {
        check(super::copy);
    }

    #[test]
    fn so_are_those_past_the_caches() {
        check(super::copy_past_caches);
    }

    #[test]
    fn so_are_those_of_processors_without_blocks() {
        check(super::copy_by_bytes);
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn without_avx_the_same_is_copied() {
        let bytes = pattern();
        for blocks in 1..=6 {
            let mut copied = [0; 400];
            // SAFETY: both have 400 bytes, and at most 384 of them, and 1, are used.
            unsafe { super::copy_by_sse(bytes[1..].as_ptr(), copied.as_mut_ptr(), blocks) };
            assert_eq!(copied[..blocks * 64], bytes[1..=blocks * 64]);
            assert!(copied[blocks * 64..].iter().all(|&byte| byte == 0));
        }
    }
}
