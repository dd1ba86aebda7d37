//! The question "may this slot be overwritten" to the page of one subscriber.

use crate::wire::{PAGE_SIZE, SyncKind, page};

use super::rules::{Rule, holds};
use super::words::{Ordering, PageWords};

/// Bits of the slots that page `index` holds by its mask.
#[inline]
pub(super) fn mask(pages: &impl PageWords, index: usize) -> u32 {
    // Acquire: a cleared bit says that the reader's reads are over, before our writes.
    pages.load_u32(index * PAGE_SIZE + page::HELD_MASK, Ordering::Acquire)
}

/// True if page `index` holds `slot`, in which sequence `seq` is.
#[inline]
pub(super) fn by_page(
    pages: &impl PageWords,
    index: usize,
    slot: usize,
    seq: u64,
    sync: SyncKind,
) -> bool {
    // The order mask, lease_seq, ack_seq is the reverse of the reader's: a bit found clear
    // because it was just cleared comes with the lease_seq that was stored before it.
    let early = (!holds(Rule::MaskFirst)).then(|| is_outstanding(pages, index, slot, seq, sync));
    if mask(pages, index) & (1 << slot) != 0 {
        return true;
    }
    early.unwrap_or_else(|| is_outstanding(pages, index, slot, seq, sync))
}

/// True if page `index` leased `seq` from `slot` and the end of that lease is not complete.
#[inline]
fn is_outstanding(
    pages: &impl PageWords,
    index: usize,
    slot: usize,
    seq: u64,
    sync: SyncKind,
) -> bool {
    if sync == SyncKind::Cpu || seq == 0 || word(pages, index, page::LEASE_SEQ, slot) != seq {
        return false;
    }
    let acknowledged = word(pages, index, page::ACK_SEQ, slot) == seq;
    match sync {
        // The word is stored when the event is recorded; the event tells when it happens.
        SyncKind::CudaEvent if acknowledged => pages.is_release_pending(index, slot),
        _ => !acknowledged,
    }
}

#[inline]
fn word(pages: &impl PageWords, index: usize, table: usize, slot: usize) -> u64 {
    pages.load_u64(index * PAGE_SIZE + table + slot * 8, Ordering::Acquire)
}
