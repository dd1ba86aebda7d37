//! The subscriber's side of GPU order: ending leases when streams are done with them.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::sys::cuda::{Context, CudaError, Event, Stream, StreamRef};
use crate::sys::{Fd, WriteMap};
use crate::wire::PAGE_SIZE;
use crate::wire::page::{self, EVENT_HANDLE_SIZE};

use super::local;
use super::timeline::AckWords;

/// How leases end on streams.
#[derive(Debug)]
pub struct Release {
    way: Way,
    /// Per slot, for leases that end on several streams: one stream that waits for them all.
    /// Clones of a frame may be given back by several threads at once, hence the lock.
    joins: Vec<Mutex<Join>>,
}

#[derive(Debug)]
enum Way {
    /// A local event tells a thread of ours, which tells the publisher.
    Host(Vec<Event>),
    /// An event that the publisher asks.
    Events(Vec<Arc<Event>>),
    /// A word that the stream writes.
    Words(AckWords),
}

#[derive(Debug)]
struct Join {
    stream: Stream,
    event: Event,
}

/// What is still to be done for a lease that ends on a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The bit in the page may be cleared; the publisher sees the end by itself.
    Told,
    /// The event was recorded: `ack_seq` is to be stored, then the bit cleared.
    Acknowledge,
    /// The bit is to be cleared once [`Release::is_over`].
    Later,
}

impl Release {
    pub(super) fn by_host(context: &Context, slots: usize) -> Result<Self, CudaError> {
        let events = (0..slots).map(|_| Event::new_local(context));
        Self::new(context, slots, Way::Host(events.collect::<Result<_, _>>()?))
    }

    pub(super) fn by_words(
        context: &Context,
        slots: usize,
        words: AckWords,
    ) -> Result<Self, CudaError> {
        Self::new(context, slots, Way::Words(words))
    }

    /// Makes the events and writes their handles into the page.
    pub(super) fn by_events(context: &Context, slots: usize, page: &Fd) -> Result<Self> {
        let made = || Error::cuda("make the events that end leases");
        let map = WriteMap::new(page, PAGE_SIZE).map_err(Error::system("map the page"))?;
        let mut events = Vec::with_capacity(slots);
        for slot in 0..slots {
            let (handle, event) = local::export(context).map_err(made())?;
            let at = page::ACK_EVENTS + slot * EVENT_HANDLE_SIZE;
            for (index, word) in handle.as_chunks().0.iter().enumerate() {
                let word = u64::from_ne_bytes(*word);
                map.store_u64(at + index * 8, word, Ordering::Relaxed);
            }
            events.push(event);
        }
        Self::new(context, slots, Way::Events(events)).map_err(made())
    }

    fn new(context: &Context, slots: usize, way: Way) -> Result<Self, CudaError> {
        let join = |_| {
            Ok(Mutex::new(Join {
                stream: Stream::new(context)?,
                event: Event::new_local(context)?,
            }))
        };
        Ok(Release {
            way,
            joins: (0..slots).map(join).collect::<Result<_, CudaError>>()?,
        })
    }

    /// The lease of frame `seq` in `slot` ends when `stream` has got here.
    pub fn end_on(
        &self,
        slot: usize,
        seq: u64,
        stream: StreamRef<'_>,
    ) -> Result<Ending, CudaError> {
        match &self.way {
            Way::Host(events) => events[slot].record(stream).map(|()| Ending::Later),
            Way::Events(events) => events[slot].record(stream).map(|()| Ending::Acknowledge),
            Way::Words(words) => words.ack_on(slot, seq, stream).map(|()| Ending::Told),
        }
    }

    /// The lease in `slot` is not to end before `stream` has got here.
    pub fn join(&self, slot: usize, stream: StreamRef<'_>) -> Result<(), CudaError> {
        let join = self.lock(slot);
        // A wait is for what was recorded when it was queued: the event can be used again.
        join.event.record(stream)?;
        join.stream.as_ref().wait_event(&join.event)
    }

    /// The lease of frame `seq` in `slot` ends when all streams that were joined have got there.
    pub fn end_joined(&self, slot: usize, seq: u64) -> Result<Ending, CudaError> {
        let join = self.lock(slot);
        self.end_on(slot, seq, join.stream.as_ref())
    }

    fn lock(&self, slot: usize) -> MutexGuard<'_, Join> {
        self.joins[slot]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// True if the lease of frame `seq` in `slot`, which ended on a stream, is over.
    pub fn is_over(&self, slot: usize, seq: u64) -> bool {
        match &self.way {
            Way::Host(events) => events[slot].query().unwrap_or(true),
            Way::Events(events) => events[slot].query().unwrap_or(true),
            Way::Words(words) => words.is_acked(slot, seq),
        }
    }
}
