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
    let early = (!holds(Rule::MaskFirst)).then(|| is_outstanding(pages, index, slot, seq));
    if mask(pages, index) & (1 << slot) != 0 {
        return true;
    }
    match sync {
        SyncKind::Cpu => false,
        SyncKind::CudaEvent | SyncKind::CudaTimeline => {
            early.unwrap_or_else(|| is_outstanding(pages, index, slot, seq))
        }
    }
}

/// True if page `index` leased `seq` from `slot` and has not acknowledged the end of it.
#[inline]
fn is_outstanding(pages: &impl PageWords, index: usize, slot: usize, seq: u64) -> bool {
    seq != 0
        && word(pages, index, page::LEASE_SEQ, slot) == seq
        && word(pages, index, page::ACK_SEQ, slot) != seq
}

#[inline]
fn word(pages: &impl PageWords, index: usize, table: usize, slot: usize) -> u64 {
    pages.load_u64(index * PAGE_SIZE + table + slot * 8, Ordering::Acquire)
}
