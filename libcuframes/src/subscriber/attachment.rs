//! One epoch of a subscription: mapped memory, and what is leased of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::pool::HostImport;
use crate::ring::{Found, Reader};
use crate::session::{Joined, Link};
use crate::sys::{self, Fd, ReadMap, WriteMap};
use crate::wire::slot::META_SIZE;
use crate::wire::{Geometry, MAX_SLOTS, SlotMeta, StreamState, control, page};

use super::stats::Counters;

/// Mapped memory and leases of one epoch. It and the connection live as long as a frame of it.
#[derive(Debug)]
pub(super) struct Attachment {
    pub reader: Reader<ReadMap, WriteMap>,
    pub pool: HostImport,
    pub geometry: Geometry,
    pub max_leases: u32,
    pub notify: Fd,
    leases: [Lease; MAX_SLOTS],
    open: AtomicU32,
    /// Every sequence up to this was delivered or passed over.
    passed: AtomicU64,
    link: Arc<Link>,
}

/// The lease of one slot.
#[derive(Debug, Default)]
struct Lease {
    /// Clones of the frame.
    holders: AtomicU32,
    /// Its sequence, 0 none.
    seq: AtomicU64,
}

impl Attachment {
    pub fn new(link: Arc<Link>, joined: Joined) -> Self {
        Attachment {
            reader: joined.reader,
            pool: joined.pool,
            geometry: joined.geometry,
            max_leases: joined.grant.max_leases,
            notify: joined.notify,
            leases: Default::default(),
            open: AtomicU32::new(0),
            passed: AtomicU64::new(joined.consumed),
            link,
        }
    }

    /// Leases `found` and reads what is said about it. `None`: the publisher was faster.
    pub fn lease(&self, found: Found) -> Result<Option<SlotMeta>> {
        // Only the thread that calls next() takes leases, so the count can only fall meanwhile.
        if self.open.load(Ordering::Acquire) >= self.max_leases {
            return Err(Error::LeaseLimit {
                max: self.max_leases,
            });
        }
        if !self.reader.lease(found) {
            return Ok(None);
        }
        self.open.fetch_add(1, Ordering::Relaxed);
        let lease = &self.leases[found.slot];
        lease.holders.store(1, Ordering::Relaxed);
        lease.seq.store(found.seq, Ordering::Release);
        let meta = self.read_meta(found.slot);
        // The word may say CLAIMED: a writer that comes too late looks who holds the slot, and
        // puts the sequence back.
        let seq = found.seq;
        Ok(Some(SlotMeta { seq, ..meta }))
    }

    fn read_meta(&self, slot: usize) -> SlotMeta {
        let mut words = [0; META_SIZE / 8];
        let at = self.geometry.slot_offset(slot);
        self.reader.control.read_words(at, &mut words);
        zerocopy::transmute!(words)
    }

    /// One more holder of the frame in `slot`.
    pub fn hold(&self, slot: usize) {
        self.leases[slot].holders.fetch_add(1, Ordering::Relaxed);
    }

    /// One holder less; the last one gives the frame back. `Err` has the code of an eviction.
    pub fn release(&self, slot: usize, seq: u64) -> std::result::Result<(), i32> {
        // Release and Acquire: every holder's reads come before the last one's release.
        if self.leases[slot].holders.fetch_sub(1, Ordering::AcqRel) != 1 {
            return self.reader.check_evicted();
        }
        // Before the bit is cleared: afterwards the slot may be leased again by next().
        self.leases[slot].seq.store(0, Ordering::Release);
        let whole = self.reader.release(slot, seq);
        // After the bit is cleared: the publisher counts bits, and one too many is an eviction.
        self.open.fetch_sub(1, Ordering::Release);
        self.tell_consumed();
        whole
    }

    /// Every sequence up to `seq` was delivered or passed over.
    pub fn pass(&self, seq: u64) {
        // Release: the lease of a delivered frame was noted before.
        self.passed.store(seq, Ordering::Release);
        self.tell_consumed();
    }

    /// Tells the publisher how far everything is released or skipped.
    ///
    /// `passed` is read before the leases: a frame up to it is then either noted as leased or
    /// released already. Read the other way round, a frame leased in between would be told
    /// as consumed.
    fn tell_consumed(&self) {
        let passed = self.passed.load(Ordering::Acquire);
        let leased = self
            .leases
            .iter()
            .map(|lease| lease.seq.load(Ordering::Acquire));
        let oldest = leased.filter(|&seq| seq != 0).min();
        let consumed = oldest.map_or(passed, |oldest| passed.min(oldest - 1));
        // Threads that release frames may come here in any order; the word never goes back.
        let at = page::CONSUMED_SEQ;
        if self.reader.page.load_u64(at, Ordering::Relaxed) < consumed {
            self.reader.page.max_u64(at, consumed, Ordering::Release);
        }
    }

    /// What the publisher says of the stream.
    pub fn state(&self) -> StreamState {
        // Acquire: who sees the end sees the last frame.
        let state = self
            .reader
            .control
            .load_u32(control::STATE, Ordering::Acquire);
        // A state that this version does not know is none that ends the stream.
        StreamState::from_u32(state).unwrap_or(StreamState::Live)
    }

    /// Sleeps until the publisher does something after `seen`, at most `limit`; false if the
    /// time was over first.
    pub fn sleep(&self, seen: u32, limit: Duration) -> bool {
        let control = &self.reader.control;
        let woken = !self.reader.begin_sleep(seen)
            || sys::futex_wait(control, control::PUBLISH_FUTEX, seen, limit);
        self.reader.end_sleep();
        woken
    }

    /// Tells the publisher's operator how this subscriber does.
    pub fn tell(&self, counters: &Counters, now_ns: u64) {
        let page = &self.reader.page;
        page.store_u64(page::RECEIVED, counters.received, Ordering::Relaxed);
        page.store_u64(page::MISSED, counters.missed, Ordering::Relaxed);
        page.store_u64(page::LAST_ACTIVE_NS, now_ns, Ordering::Relaxed);
    }

    /// The key.
    pub fn key(&self) -> &str {
        self.link.key()
    }

    /// Frames held now.
    pub fn leases(&self) -> u32 {
        self.open.load(Ordering::Relaxed)
    }

    /// Frames that the publisher dropped because no slot was free.
    pub fn publisher_dropped(&self) -> u64 {
        self.reader
            .control
            .load_u64(control::DROPPED, Ordering::Relaxed)
    }
}
