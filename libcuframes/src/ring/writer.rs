//! The publisher's side: choosing a slot that nobody reads, and making a frame visible.

#[cfg(loom)]
use loom::sync::atomic::AtomicU32;
#[cfg(not(loom))]
use std::sync::atomic::AtomicU32;

use crate::wire::{
    MAX_SLOTS, PAGE_SIZE, SEQ_CLAIMED, SEQ_EMPTY, SEQ_LIMIT, SEQ_WRITING, SyncKind, control, page,
};

use crate::failpoint::{self, Point};

use super::held;
use super::pages::{PageList, Pages};
use super::rules::{Rule, fence, holds, order};
use super::shape::Shape;
use super::words::{Ordering, PageWords, WordsMut};

/// One epoch of a frame ring, seen by its publisher: the control segment, the pages of the
/// subscribers that joined this epoch, and what this process itself holds.
///
/// One thread writes frames. Another may list, evict and forget pages meanwhile; any thread
/// may give back a slot that this process holds.
#[derive(Debug)]
pub struct Ring<C, P> {
    /// The control segment.
    pub control: C,
    /// The pages.
    pub pages: P,
    /// The pages that count.
    pub list: PageList,
    shape: Shape,
    /// Slots in use inside this process: being written, or published and still referred to.
    local: AtomicU32,
}

/// Why there is no slot to write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unavailable {
    /// Somebody reads every slot that could have been used.
    Held,
    /// Somebody who may miss nothing has not read the oldest frame yet.
    Kept,
}

impl<C: WordsMut, P: PageWords> Ring<C, P> {
    /// A ring over a control segment whose slots are empty.
    pub fn new(control: C, pages: P, shape: Shape) -> Self {
        Ring {
            control,
            pages,
            list: PageList::new(),
            shape,
            local: AtomicU32::new(0),
        }
    }

    /// Counts and strides.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The newest published sequence of this epoch, 0 before its first frame.
    #[inline]
    pub fn latest(&self) -> u64 {
        self.control
            .load_u64(control::LATEST_SEQ, Ordering::Relaxed)
    }

    /// The sequence in `slot`, or one of the sentinels.
    #[inline]
    pub fn seq(&self, slot: usize) -> u64 {
        self.control
            .load_u64(self.shape.slot(slot), Ordering::Relaxed)
    }

    /// Takes a slot to write the next frame into: an empty one, else the oldest that nobody
    /// holds and that is neither `newest` nor above `floor`, the highest sequence that
    /// everyone who may miss nothing has consumed.
    #[inline]
    pub fn claim(&self, newest: u64, floor: u64) -> Result<usize, Unavailable> {
        let before = self.list.load();
        // Acquire: whoever in this process gave a slot back has finished with its pixels.
        let mut refused = self.local.load(Ordering::Acquire) | self.masks(before);
        loop {
            let (slot, old) = self.candidate(newest, floor, refused)?;
            if self.claim_slot(slot, old, before) {
                self.local.fetch_or(1 << slot, Ordering::Relaxed);
                return Ok(slot);
            }
            refused |= 1 << slot;
        }
    }

    /// The lowest sequence that may be overwritten, as far as the masks told.
    #[inline]
    fn candidate(
        &self,
        newest: u64,
        floor: u64,
        refused: u32,
    ) -> Result<(usize, u64), Unavailable> {
        let mut best = Err(Unavailable::Held);
        let mut lowest = SEQ_LIMIT;
        for slot in 0..self.shape.slots {
            let seq = self.seq(slot);
            // CLAIMED and WRITING are above the limit.
            if seq >= lowest || refused & (1 << slot) != 0 || (seq == newest && seq != SEQ_EMPTY) {
                continue;
            }
            if seq > floor {
                best = best.or(Err(Unavailable::Kept));
                continue;
            }
            lowest = seq;
            best = Ok((slot, seq));
        }
        best
    }

    /// Claims `slot`, asks everyone again, and either has it for writing or puts it back.
    #[inline]
    fn claim_slot(&self, slot: usize, old: u64, before: Pages) -> bool {
        let seq = self.shape.slot(slot);
        self.control.store_u64(seq, SEQ_CLAIMED, Ordering::Relaxed);
        failpoint::reach(Point::Claimed);
        // Against the reader's fence: either it sees CLAIMED, or we see its bit. The list is
        // loaded after the fence too, or a page that joined since could hold the slot unasked.
        fence(Rule::ClaimFence, Ordering::SeqCst);
        let now = match holds(Rule::ListReload) {
            true => self.list.load(),
            false => before,
        };
        if holds(Rule::PageRecheck) && self.is_held(now, slot, old) {
            self.control.store_u64(seq, old, Ordering::Release);
            return false;
        }
        self.control.store_u64(seq, SEQ_WRITING, Ordering::Relaxed);
        // An evicted reader that sees a new byte must also see that it was evicted: our load
        // of the list, which no longer has it, comes before every byte.
        fence(Rule::WritingFence, Ordering::Release);
        failpoint::reach(Point::Writing);
        true
    }

    /// Bits of every slot that some listed page holds by its mask.
    #[inline]
    fn masks(&self, list: Pages) -> u32 {
        list.iter()
            .fold(0, |all, index| all | held::mask(&self.pages, index))
    }

    #[inline]
    fn is_held(&self, list: Pages, slot: usize, seq: u64) -> bool {
        match self.shape.sync {
            SyncKind::Cpu => self.masks(list) & (1 << slot) != 0,
            sync => list
                .iter()
                .any(|index| held::by_page(&self.pages, index, slot, seq, sync)),
        }
    }

    /// Makes the frame in `slot` visible as `seq`, with the words of its meta after the
    /// sequence, and tells who must be woken as `announce` does.
    #[inline]
    pub fn publish(&self, slot: usize, seq: u64, meta: &[u64; 7]) -> u32 {
        let at = self.shape.slot(slot);
        for (index, &word) in meta.iter().enumerate() {
            self.control
                .store_u64(at + 8 + index * 8, word, Ordering::Relaxed);
        }
        // Release: who sees the sequence sees the pixels and the meta.
        self.control
            .store_u64(at, seq, order(Rule::SeqRelease, Ordering::Release));
        let hint = control::SLOT_OF + (seq % MAX_SLOTS as u64) as usize;
        self.control.store_u8(hint, slot as u8, Ordering::Relaxed);
        failpoint::reach(Point::BeforeLatest);
        // Release: who sees the new number finds the frame.
        let release = order(Rule::LatestRelease, Ordering::Release);
        self.control.store_u64(control::LATEST_SEQ, seq, release);
        self.announce()
    }

    /// Moves the futex word on and tells who must be woken: the `waiting` words of all pages,
    /// or-ed together.
    #[inline]
    pub fn announce(&self) -> u32 {
        // Release: a sleeper that sees the new value looks again and finds what changed.
        let release = order(Rule::FutexRelease, Ordering::Release);
        self.control.add_u32(control::PUBLISH_FUTEX, 1, release);
        // Against the sleeper's fence: either it sees the new value, or we see it waiting.
        fence(Rule::PublishFence, Ordering::SeqCst);
        self.sleepers(page::WAITING)
    }

    /// Who sleeps until the next packet: the `packet_waiting` words of all pages, or-ed together.
    #[inline]
    pub fn packet_sleepers(&self) -> u32 {
        self.sleepers(page::PACKET_WAITING)
    }

    #[inline]
    fn sleepers(&self, word: usize) -> u32 {
        self.list.load().iter().fold(0, |all, index| {
            let waiting = index * PAGE_SIZE + word;
            all | self.pages.load_u32(waiting, Ordering::Relaxed)
        })
    }

    /// Empties `slot`, which was claimed and will not be published.
    pub fn abandon(&self, slot: usize) {
        self.discard(slot);
        self.give_back(slot);
    }

    /// Empties `slot`, which this process may go on holding.
    pub fn discard(&self, slot: usize) {
        let seq = self.shape.slot(slot);
        self.control.store_u64(seq, SEQ_EMPTY, Ordering::Release);
    }

    /// This process no longer refers to the pixels of `slot`.
    pub fn give_back(&self, slot: usize) {
        let release = order(Rule::GiveBackRelease, Ordering::Release);
        self.local.fetch_and(!(1 << slot), release);
    }

    /// Ends the subscription of page `index`: `wake` is called once its owner can see why.
    pub fn evict(&self, index: usize, code: i32, wake: impl FnOnce()) {
        let evicted = index * PAGE_SIZE + page::EVICTED;
        self.pages
            .store_u32(evicted, code as u32, Ordering::Release);
        self.control
            .add_u32(control::PUBLISH_FUTEX, 1, Ordering::Release);
        wake();
        // Only then may its slots be written: a reader that sees one new byte sees the code.
        fence(Rule::EvictFence, Ordering::SeqCst);
        self.list.remove(index);
    }

    /// What page `index` holds by its mask; bits beyond the ring mean nothing.
    pub fn held_mask(&self, index: usize) -> u32 {
        held::mask(&self.pages, index) & ((1 << self.shape.slots) - 1)
    }

    /// Bits of every slot that page `index` holds, leases whose release is not complete included.
    pub fn held_by(&self, index: usize) -> u32 {
        match self.shape.sync {
            SyncKind::Cpu => self.held_mask(index),
            _ => (0..self.shape.slots)
                .filter(|&slot| self.holds_slot(index, slot, self.seq(slot)))
                .fold(0, |bits, slot| bits | 1 << slot),
        }
    }

    /// Slots in use by this process or by any listed page but those that `except` tells.
    pub fn held_except(&self, except: impl Fn(usize) -> bool) -> u32 {
        let others = self.list.load().iter().filter(|&index| !except(index));
        let local = self.local.load(Ordering::Acquire);
        others.fold(local, |all, index| all | self.held_by(index))
    }

    /// True if page `index` holds `slot`, in which `seq` is, the release of it included.
    pub fn holds_slot(&self, index: usize, slot: usize, seq: u64) -> bool {
        held::by_page(&self.pages, index, slot, seq, self.shape.sync)
    }

    /// True if `slot` is being claimed or written.
    pub fn is_in_work(&self, slot: usize) -> bool {
        matches!(self.seq(slot), SEQ_CLAIMED | SEQ_WRITING)
    }
}
