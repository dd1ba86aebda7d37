//! One epoch of a subscription: mapped memory, and what is leased of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::pool::{HostImport, Plane};
use crate::ring::{Found, Reader};
use crate::session::{Joined, JoinedPixels, Link};
use crate::sys::{self, Fd, ReadMap, WriteMap};
use crate::wire::slot::META_SIZE;
use crate::wire::{Geometry, MAX_SLOTS, SlotMeta, StreamState, control, page};

use super::gpu::Gpu;
use super::guardian::Guardian;
use super::stats::Counters;

/// Mapped memory and leases of one epoch. It and the connection live as long as a frame of it.
#[derive(Debug)]
pub(super) struct Attachment {
    pub reader: Reader<ReadMap, WriteMap>,
    pub geometry: Geometry,
    pub layout: FrameLayout,
    pub max_leases: u32,
    /// How long a frame may be held; none: for ever.
    pub lease_timeout: Option<Duration>,
    pub notify: Fd,
    pub leases: [Lease; MAX_SLOTS],
    /// Leases that are not over.
    pub open: AtomicU32,
    /// Every sequence up to this was delivered or passed over.
    passed: AtomicU64,
    // Before the link: the publisher hears DETACH when nothing uses its memory any more.
    pub pixels: Pixels,
    link: Arc<Link>,
}

/// Where the pixels are.
#[derive(Debug)]
pub(super) enum Pixels {
    Host(HostImport),
    Gpu(Arc<Gpu>, Guardian),
    /// Closed, because the publisher wants its memory back.
    Closed,
    /// Only packets are read.
    Unwanted,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Pixels::Gpu(gpu, guardian) = &mut self.pixels {
            guardian.leave(gpu.is_awaited_by_streams());
        }
    }
}

/// The lease of one slot.
#[derive(Debug, Default)]
pub(super) struct Lease {
    /// Clones of the frame.
    pub holders: AtomicU32,
    /// Its sequence, 0 none.
    pub seq: AtomicU64,
    /// Some of its holders have given it back on a stream.
    pub joined: AtomicBool,
}

impl Attachment {
    pub fn new(link: Arc<Link>, joined: Joined) -> Result<Self> {
        let pixels = match joined.pixels {
            JoinedPixels::Host(import) => Pixels::Host(import),
            JoinedPixels::Unwanted => Pixels::Unwanted,
            JoinedPixels::Cuda(cuda) => {
                let gpu = Arc::new(Gpu::new(*cuda));
                let guardian = Guardian::start(&gpu, &link)
                    .map_err(Error::system("start the thread that guards GPU work"))?;
                Pixels::Gpu(gpu, guardian)
            }
        };
        Ok(Attachment {
            reader: joined.reader,
            layout: FrameLayout::from_geometry(&joined.geometry)?,
            geometry: joined.geometry,
            max_leases: joined.grant.max_leases,
            lease_timeout: match joined.grant.lease_timeout_ms {
                0 => None,
                limit => Some(Duration::from_millis(limit.into())),
            },
            notify: joined.notify,
            leases: Default::default(),
            open: AtomicU32::new(0),
            passed: AtomicU64::new(joined.consumed),
            pixels,
            link,
        })
    }

    /// Streams and memory of a GPU, if the frames are there.
    pub fn gpu(&self) -> Option<&Gpu> {
        match &self.pixels {
            Pixels::Gpu(gpu, _) => Some(gpu),
            Pixels::Host(_) | Pixels::Closed | Pixels::Unwanted => None,
        }
    }

    /// Plane `plane` of a leased frame; none of it for frames on a GPU.
    pub fn plane(&self, meta: &SlotMeta, plane: usize) -> Plane<'_> {
        match &self.pixels {
            Pixels::Host(import) => import.plane(meta.data_offset, plane),
            Pixels::Gpu(..) | Pixels::Closed | Pixels::Unwanted => Plane::NONE,
        }
    }

    /// Closes what was imported, for the publisher to free it. False while a stream uses it;
    /// then it stays open.
    pub fn close(&mut self) -> bool {
        match &mut self.pixels {
            Pixels::Gpu(gpu, _) if gpu.is_busy() => return false,
            Pixels::Gpu(_, guardian) => guardian.leave(false),
            Pixels::Host(_) | Pixels::Closed | Pixels::Unwanted => {}
        }
        self.pixels = Pixels::Closed;
        true
    }

    /// True if a lease that was ended on a stream is not over yet.
    pub fn is_ending(&self) -> bool {
        self.gpu().is_some_and(Gpu::is_ending)
    }

    /// Leases `found` and reads what is said about it. `None`: the publisher was faster.
    pub fn lease(&self, found: Found) -> Result<Option<SlotMeta>> {
        // Only the thread that calls next() takes leases, so the count can only fall meanwhile.
        if self.leases() >= self.max_leases {
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
        lease.joined.store(false, Ordering::Relaxed);
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
    pub fn tell_consumed(&self) {
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

    /// Frames held now, by streams too.
    pub fn leases(&self) -> u32 {
        if let Some(gpu) = self.gpu() {
            self.open.fetch_sub(gpu.take_ended(), Ordering::Release);
        }
        self.open.load(Ordering::Acquire)
    }

    /// Frames that the publisher dropped because no slot was free.
    pub fn publisher_dropped(&self) -> u64 {
        self.reader
            .control
            .load_u64(control::DROPPED, Ordering::Relaxed)
    }
}
