//! The subscriber's side: finding a frame, leasing it, giving it back, and going to sleep.

use crate::wire::{MAX_SLOTS, SEQ_CLAIMED, SEQ_LIMIT, SyncKind, control, page};

use crate::failpoint::{self, Point};

use super::rules::{Rule, fence, holds, order};
use super::shape::Shape;
use super::words::{Ordering, Words, WordsMut};

/// How often a CLAIMED slot is read again before it counts as lost. A claim lasts for a few
/// loads; only a publisher killed in the middle of one leaves it standing.
const CLAIMED_TURNS: usize = 1000;

/// A frame that was in the ring a moment ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The slot that held it.
    pub slot: usize,
    /// Its sequence.
    pub seq: u64,
}

/// One subscriber's view of a frame ring: the control segment, and its own page.
#[derive(Debug)]
pub struct Reader<C, P> {
    /// The control segment.
    pub control: C,
    /// The page that tells the publisher what is held.
    pub page: P,
    shape: Shape,
}

/// The page of an observer: it has none, and so its reader leases nothing.
#[derive(Debug)]
pub struct NoPage;

impl<C: Words, P> Reader<C, P> {
    /// A reader that holds nothing.
    pub fn new(control: C, page: P, shape: Shape) -> Self {
        Reader {
            control,
            page,
            shape,
        }
    }

    /// Counts and strides.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The newest published sequence, 0 before the first.
    #[inline]
    pub fn latest(&self) -> u64 {
        self.control
            .load_u64(control::LATEST_SEQ, Ordering::Acquire)
    }

    /// The first frame in the ring that is `wanted` or later; `latest` is what `latest()` said.
    ///
    /// Nothing beyond `latest` counts. A pass over the slots is not a snapshot: a frame that is
    /// published during it may be seen where an older one, published before it, was not.
    #[inline]
    pub fn find(&self, wanted: u64, mut latest: u64) -> Option<Found> {
        if !holds(Rule::LatestBound) {
            latest = SEQ_LIMIT - 1;
        }
        if latest < wanted {
            return None;
        }
        let hint = control::SLOT_OF + (wanted % MAX_SLOTS as u64) as usize;
        let slot = usize::from(self.control.load_u8(hint, Ordering::Relaxed));
        if slot < self.shape.slots && self.seq(slot) == wanted {
            return Some(Found { slot, seq: wanted });
        }
        for _ in 0..self.shape.slots {
            let found = self.search(wanted, latest);
            if found.is_some() {
                return found;
            }
            // All of them have been overwritten, by frames that are newer than `latest`.
            match self.latest() {
                same if same == latest => break,
                newer => latest = newer,
            }
        }
        None
    }

    /// One pass over the slots for the smallest sequence from `wanted` to `latest`.
    fn search(&self, wanted: u64, latest: u64) -> Option<Found> {
        let mut found: Option<Found> = None;
        for slot in 0..self.shape.slots {
            let seq = self.settled(slot);
            let earlier = found.is_none_or(|best| seq < best.seq);
            if (wanted..=latest.min(SEQ_LIMIT - 1)).contains(&seq) && earlier {
                found = Some(Found { slot, seq });
            }
        }
        found
    }

    #[inline]
    fn seq(&self, slot: usize) -> u64 {
        // Acquire: who sees the sequence sees the pixels and the meta.
        self.control
            .load_u64(self.shape.slot(slot), Ordering::Acquire)
    }

    /// The sequence in `slot`, waiting a little for a claim to be decided.
    #[inline]
    fn settled(&self, slot: usize) -> u64 {
        let mut seq = self.seq(slot);
        for _ in 0..CLAIMED_TURNS {
            if seq != SEQ_CLAIMED || !holds(Rule::ClaimWait) {
                break;
            }
            pause();
            seq = self.seq(slot);
        }
        seq
    }

    /// The newest frame in the ring; `None` before the first one.
    pub fn newest(&self) -> Option<Found> {
        match self.latest() {
            0 => None,
            latest => self.find(latest, latest),
        }
    }

    /// Said after the last read of a frame that was not leased: true if `found` was in its slot
    /// all the time, so that what was read is whole.
    pub fn was_whole(&self, found: Found) -> bool {
        fence(Rule::ObserverFence, Ordering::Acquire);
        let at = self.shape.slot(found.slot);
        self.control.load_u64(at, Ordering::Relaxed) == found.seq
    }

    /// The value of the futex word, read before looking for a frame.
    #[inline]
    pub fn futex_value(&self) -> u32 {
        self.control
            .load_u32(control::PUBLISH_FUTEX, Ordering::Acquire)
    }
}

impl<C: Words, P: WordsMut> Reader<C, P> {
    /// Leases `found`: from now on its slot is not written. False if it was overwritten.
    #[inline]
    pub fn lease(&self, found: Found) -> bool {
        let Found { slot, seq } = found;
        let lease_seq = page::LEASE_SEQ + slot * 8;
        if holds(Rule::LeaseSeq) {
            self.page.store_u64(lease_seq, seq, Ordering::Relaxed);
        }
        // Release: who sees the bit sees what it is for.
        self.page
            .or_u32(page::HELD_MASK, 1 << slot, Ordering::Release);
        failpoint::reach(Point::BitSet);
        // Against the writer's fence: either it sees our bit, or we see CLAIMED.
        fence(Rule::LeaseFence, Ordering::SeqCst);
        if !holds(Rule::LeaseRecheck) || self.settled(slot) == seq {
            failpoint::reach(Point::LeaseHeld);
            return true;
        }
        // A lease that was not granted must not look like one whose release is outstanding.
        if holds(Rule::LoserZero) {
            self.page.store_u64(lease_seq, 0, Ordering::Relaxed);
        }
        self.clear(slot);
        false
    }

    /// Gives back a frame whose last read, by the CPU, is over. `Err` has the code of an
    /// eviction that came before: what was read may have been overwritten meanwhile.
    #[inline]
    pub fn release(&self, slot: usize, seq: u64) -> Result<(), i32> {
        let whole = self.check_evicted();
        if self.shape.sync != SyncKind::Cpu {
            // Without work on a stream the release is complete with this store.
            let ack = page::ACK_SEQ + slot * 8;
            self.page.store_u64(ack, seq, Ordering::Release);
        }
        self.clear(slot);
        whole
    }

    /// True if this subscriber's page says that it holds `slot`.
    #[inline]
    pub fn holds(&self, slot: usize) -> bool {
        self.page.load_u32(page::HELD_MASK, Ordering::Relaxed) & (1 << slot) != 0
    }

    /// Gives back a frame whose last read is a stream's: the stream writes `ack_seq`.
    #[inline]
    pub fn release_to_stream(&self, slot: usize) {
        self.clear(slot);
    }

    #[inline]
    fn clear(&self, slot: usize) {
        // Release: our reads are over before the writer sees the bit clear.
        let release = order(Rule::ClearRelease, Ordering::Release);
        self.page.and_u32(page::HELD_MASK, !(1 << slot), release);
    }

    /// `Err` has the code if this subscriber was evicted: said after the last read of a frame,
    /// it tells whether that frame was whole.
    #[inline]
    pub fn check_evicted(&self) -> Result<(), i32> {
        fence(Rule::ReleaseFence, Ordering::Acquire);
        match self.evicted() {
            code if code != 0 && holds(Rule::ReleaseCheck) => Err(code),
            _ => Ok(()),
        }
    }

    /// The code of an eviction, 0 if there was none.
    #[inline]
    pub fn evicted(&self) -> i32 {
        self.page.load_u32(page::EVICTED, Ordering::Acquire) as i32
    }

    /// Announces a sleep on `seen`: true if nothing has happened since, so that sleeping on
    /// that value cannot miss the next frame. `end_sleep` must follow in either case.
    #[inline]
    pub fn begin_sleep(&self, seen: u32) -> bool {
        self.page.add_u32(page::WAITING, 1, Ordering::Relaxed);
        // Against the publisher's fence: either it sees us waiting, or we see its new value.
        fence(Rule::SleepFence, Ordering::SeqCst);
        failpoint::reach(Point::Asleep);
        !holds(Rule::SleepRecheck) || self.futex_value() == seen
    }

    /// Takes the announcement back.
    #[inline]
    pub fn end_sleep(&self) {
        self.page
            .add_u32(page::WAITING, u32::MAX, Ordering::Relaxed);
    }

    /// Asks for a notify byte with the next publish. The caller looks once more before it
    /// polls.
    pub fn ask_notify(&self) {
        self.page
            .or_u32(page::WAITING, page::WAITING_NOTIFY, Ordering::Relaxed);
        fence(Rule::SleepFence, Ordering::SeqCst);
    }

    /// No notify byte is needed any more.
    pub fn unask_notify(&self) {
        self.page
            .and_u32(page::WAITING, !page::WAITING_NOTIFY, Ordering::Relaxed);
    }
}

#[cfg(not(loom))]
#[inline]
fn pause() {
    std::hint::spin_loop();
}

#[cfg(loom)]
fn pause() {
    loom::thread::yield_now();
}
