//! Copies that leave the caches to others.

use super::{BLOCK, CAN_BLOCKS, copy};

/// Copies `len` bytes as [`copy`] does, past the caches of this processor: for what goes into more
/// memory than they hold. No line is read only to be written over, which is half of the traffic of
/// a copy whose source is in a cache; who reads the bytes next fetches them from memory. All of them
/// are visible before what is stored after them.
///
/// # Safety
/// As for [`copy`].
pub unsafe fn copy_past_caches(from: *const u8, to: *mut u8, len: usize) {
    let head = to.align_offset(BLOCK).min(len);
    let blocks = match CAN_BLOCKS {
        true => (len - head) / BLOCK,
        false => 0,
    };
    // SAFETY: the caller's promise covers the first bytes.
    unsafe { copy(from, to, head) };
    // SAFETY: `head` is at most `len`, and so many bytes can be read.
    let from = unsafe { from.add(head) };
    // SAFETY: as for `from`, of what can be written.
    let to = unsafe { to.add(head) };
    // SAFETY: the caller's promise covers the blocks after them, and `to` is aligned.
    unsafe { stream_blocks(from, to, blocks) };
    let done = blocks * BLOCK;
    // SAFETY: `head + done` is at most `len`, and so many bytes can be read.
    let from = unsafe { from.add(done) };
    // SAFETY: as for `from`, of what can be written.
    let to = unsafe { to.add(done) };
    // SAFETY: the caller's promise covers what is left of the bytes.
    unsafe { copy(from, to, len - head - done) };
}

/// # Safety
/// As for `copy_blocks`, and `to` is a multiple of 16.
#[cfg(target_arch = "x86_64")]
unsafe fn stream_blocks(from: *const u8, to: *mut u8, blocks: usize) {
    if blocks == 0 {
        return;
    }
    // SAFETY: it reads and writes the blocks, which the caller allows, and the registers named.
    unsafe {
        std::arch::asm!(
            "2:",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movntps [{to}], {a}",
            "movntps [{to} + 16], {b}",
            "movntps [{to} + 32], {c}",
            "movntps [{to} + 48], {d}",
            "add {from}, 64",
            "add {to}, 64",
            "dec {blocks}",
            "jnz 2b",
            // Such stores come in no order; this ends them.
            "sfence",
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
unsafe fn stream_blocks(_from: *const u8, _to: *mut u8, blocks: usize) {
    debug_assert_eq!(blocks, 0, "blocks are for x86-64");
}
