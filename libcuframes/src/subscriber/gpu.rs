//! One epoch of a subscription to frames on a GPU: memory, order, and leases that end on streams.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};

use crate::pool::CudaImport;
use crate::ring::Reader;
use crate::session::CudaJoined;
use crate::sync::{Await, Readiness};
use crate::sys::cuda::{CudaError, StreamRef};
use crate::sys::{self, Fd, ReadMap, WriteMap};
use crate::wire::MAX_SLOTS;

/// What streams of this process use. It lives until the last of them is done.
#[derive(Debug)]
pub(super) struct Gpu {
    pub import: CudaImport,
    pub order: Await,
    /// For ending leases when streams are done, with maps that the frames' holder has no part in.
    pub reader: Reader<ReadMap, WriteMap>,
    /// The control segment, whose lock tells whether the publisher lives.
    control: Fd,
    /// The publisher is known to be dead.
    orphaned: AtomicBool,
    /// Slots whose lease was ended on a stream and is not known to be over.
    ending: AtomicU32,
    /// The sequences of those leases.
    ending_seq: [AtomicU64; MAX_SLOTS],
}

impl Gpu {
    pub fn new(joined: CudaJoined) -> Self {
        Gpu {
            import: joined.import,
            order: joined.order,
            reader: joined.reader,
            control: joined.control,
            orphaned: AtomicBool::new(false),
            ending: AtomicU32::new(0),
            ending_seq: Default::default(),
        }
    }

    /// `stream` goes on only when frame `seq`, leased in `slot`, is complete or aborted.
    pub fn wait_on(&self, slot: usize, seq: u64, stream: StreamRef<'_>) -> Result<(), CudaError> {
        self.order.wait_on(slot, seq, stream)?;
        // Against the fence of the guardian: either it sees this wait, or we see what it saw.
        fence(Ordering::SeqCst);
        if self.is_orphaned() {
            self.order.abort(slot, seq);
        }
        Ok(())
    }

    /// Looks whether the publisher is dead; if so, streams that wait for it are let go.
    pub fn look_after(&self) -> bool {
        if !self.is_publisher_dead() {
            return false;
        }
        self.orphaned.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.order.abort_unsatisfied();
        true
    }

    /// True if the publisher was found to be dead.
    pub fn is_orphaned(&self) -> bool {
        self.orphaned.load(Ordering::Relaxed)
    }

    /// The lease of frame `seq` in `slot` was ended on a stream.
    pub fn begin_ending(&self, slot: usize, seq: u64) {
        self.ending_seq[slot].store(seq, Ordering::Relaxed);
        self.ending.fetch_or(1 << slot, Ordering::Release);
    }

    /// True if a lease was ended on a stream and is not known to be over.
    pub fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Acquire) != 0
    }

    /// Forgets the leases whose end has happened, and tells how many those were.
    pub fn take_ended(&self) -> u32 {
        let over = self.ended();
        let known = self.ending.fetch_and(!over, Ordering::AcqRel);
        (known & over).count_ones()
    }

    fn ended(&self) -> u32 {
        let ending = self.ending.load(Ordering::Acquire);
        let bits = (0..MAX_SLOTS).filter(|slot| ending & (1 << slot) != 0);
        let over = bits.filter(|&slot| self.is_over(slot));
        over.fold(0, |all, slot| all | 1 << slot)
    }

    /// The publisher counts bits of the page, and one too many is an eviction: a lease is over
    /// when its bit is clear, which a thread of ours may do a little after the stream.
    fn is_over(&self, slot: usize) -> bool {
        !self.reader.holds(slot) && self.is_read(slot)
    }

    /// True if the streams that ended the lease of this slot have done their work on it.
    fn is_read(&self, slot: usize) -> bool {
        let seq = self.ending_seq[slot].load(Ordering::Relaxed);
        self.order.release().is_over(slot, seq)
    }

    /// True if a lease of this epoch is not over, or a stream of this process waits for a frame.
    pub fn is_busy(&self) -> bool {
        self.order.has_unsatisfied() || self.ended() != self.ending.load(Ordering::Acquire)
    }

    /// True if a stream of this process still needs something of this epoch. Where the streams
    /// are done, what is left of a lease's end is our own thread's, and is soon done.
    pub fn is_awaited_by_streams(&self) -> bool {
        let ending = self.ending.load(Ordering::Acquire);
        let mut slots = (0..MAX_SLOTS).filter(|slot| ending & (1 << slot) != 0);
        self.order.has_unsatisfied() || slots.any(|slot| !self.is_read(slot))
    }

    /// True if the process that publishes, or published, this epoch is no more. The kernel
    /// knows; a connection that ended says nothing about it.
    pub fn is_publisher_dead(&self) -> bool {
        // Who cannot ask does not know: a living publisher must not be taken for a dead one.
        !sys::is_locked(&self.control).unwrap_or(true)
    }

    /// How far frame `seq`, leased in `slot`, is. If the publisher is dead, it is not waited for.
    pub fn readiness_after(
        &self,
        slot: usize,
        seq: u64,
        publisher_dead: bool,
    ) -> Result<Readiness, CudaError> {
        if publisher_dead {
            self.order.abort(slot, seq);
        }
        match self.order.readiness(slot, seq)? {
            Readiness::Pending if publisher_dead => Ok(Readiness::Aborted),
            readiness => Ok(readiness),
        }
    }
}
