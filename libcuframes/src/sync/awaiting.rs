//! The subscriber's side of GPU order, for one epoch: waiting for frames.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};
use crate::sys::cuda::{Context, CudaError, Event, StreamRef};
use crate::sys::{Fd, WriteMap};
use crate::wire::{MAX_SLOTS, PAGE_SIZE, SyncKind, capability};

use super::local::{self, Handle};
use super::releasing::Release;
use super::timeline::{AckWords, Timeline, Words};

/// What a subscriber was given to follow the publisher's order.
#[derive(Debug)]
pub struct AwaitRequest<'a> {
    /// The context whose streams wait.
    pub context: &'a Context,
    /// The publisher's choice.
    pub sync: SyncKind,
    /// Slots of the ring.
    pub slots: usize,
    /// CUDA_EVENT, per slot: the ready event.
    pub ready: &'a [Handle],
    /// CUDA_TIMELINE: the timeline page.
    pub timeline: Option<&'a Fd>,
    /// The subscriber page.
    pub page: &'a Fd,
}

/// How streams of this process wait for frames, and end leases.
#[derive(Debug)]
pub struct Await {
    kind: Kind,
    release: Release,
    /// Per slot: the frame that a stream was made to wait for last.
    waited: [AtomicU64; MAX_SLOTS],
}

#[derive(Debug)]
enum Kind {
    /// What is visible is complete.
    Cpu,
    /// Complete when the event has happened.
    Event(Vec<Arc<Event>>),
    /// Complete when the word is reached.
    Timeline(Timeline),
}

/// How far a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Its pixels are complete.
    Ready,
    /// They are not yet.
    Pending,
    /// They never will be.
    Aborted,
}

impl Await {
    /// Opens and registers everything; for CUDA_EVENT the handles of the own events are
    /// written into the page, for the publisher to open.
    pub fn open(request: &AwaitRequest<'_>) -> Result<Await> {
        let AwaitRequest { context, slots, .. } = *request;
        let (kind, release) = match request.sync {
            SyncKind::Cpu => {
                let made = Error::cuda("make the events that end leases");
                (Kind::Cpu, Release::by_host(context, slots).map_err(made)?)
            }
            SyncKind::CudaEvent => {
                let opened = Error::cuda(
                    "open the publisher's events, for which the two processes need the same \
                     /dev/shm, and with some drivers the same PID namespace",
                );
                let ready = request
                    .ready
                    .iter()
                    .map(|handle| local::open(context, handle));
                let ready = ready.collect::<Result<_, _>>().map_err(opened)?;
                (
                    Kind::Event(ready),
                    Release::by_events(context, slots, request.page)?,
                )
            }
            SyncKind::CudaTimeline => timeline(request)?,
        };
        Ok(Await {
            kind,
            release,
            waited: Default::default(),
        })
    }

    /// Capability bits of those that were granted which are in use: without registered memory
    /// frames are waited for, and leases ended, by the processor.
    pub fn used(&self) -> u32 {
        match &self.kind {
            Kind::Cpu => 0,
            Kind::Event(_) => capability::CUDA_EVENT,
            Kind::Timeline(timeline) if timeline.reaches_streams() => capability::CUDA_TIMELINE,
            Kind::Timeline(_) => 0,
        }
    }

    /// False if streams cannot be made to wait: only the processor can.
    pub fn reaches_streams(&self) -> bool {
        match &self.kind {
            Kind::Timeline(timeline) => timeline.reaches_streams(),
            Kind::Cpu | Kind::Event(_) => true,
        }
    }

    /// How leases end.
    pub fn release(&self) -> &Release {
        &self.release
    }

    /// `stream` goes on only when frame `seq`, leased in `slot`, is complete.
    pub fn wait_on(
        &self,
        slot: usize,
        seq: u64,
        stream: StreamRef<'_>,
    ) -> std::result::Result<(), CudaError> {
        match &self.kind {
            Kind::Cpu => Ok(()),
            Kind::Event(ready) => stream.wait_event(&ready[slot]),
            Kind::Timeline(timeline) => {
                // Before the wait is queued: whoever ends waits of a dead publisher must know.
                self.waited[slot].store(seq, Ordering::Release);
                timeline.wait_on(slot, seq, stream)
            }
        }
    }

    /// How far frame `seq`, leased in `slot`, is.
    pub fn readiness(&self, slot: usize, seq: u64) -> std::result::Result<Readiness, CudaError> {
        let ready = match &self.kind {
            Kind::Cpu => true,
            Kind::Event(ready) => ready[slot].query()?,
            Kind::Timeline(timeline) if timeline.is_aborted(slot, seq) => {
                return Ok(Readiness::Aborted);
            }
            Kind::Timeline(timeline) => timeline.is_over(slot, seq),
        };
        Ok(match ready {
            true => Readiness::Ready,
            false => Readiness::Pending,
        })
    }

    /// True if a stream waits for something that only the publisher can bring.
    pub fn has_unsatisfied(&self) -> bool {
        self.unsatisfied().next().is_some()
    }

    /// The publisher is dead: ends every wait that only it could have ended.
    pub fn abort_unsatisfied(&self) {
        if let Kind::Timeline(timeline) = &self.kind {
            self.unsatisfied()
                .for_each(|(slot, seq)| timeline.abort(slot, seq));
        }
    }

    /// The publisher is dead: frame `seq`, leased in `slot`, is aborted if it is not complete.
    pub fn abort(&self, slot: usize, seq: u64) {
        if let Kind::Timeline(timeline) = &self.kind {
            timeline.abort(slot, seq);
        }
    }

    fn unsatisfied(&self) -> impl Iterator<Item = (usize, u64)> {
        let timeline = match &self.kind {
            Kind::Timeline(timeline) => Some(timeline),
            Kind::Cpu | Kind::Event(_) => None,
        };
        timeline.into_iter().flat_map(|timeline| {
            let waited = self.waited.iter().map(|word| word.load(Ordering::Acquire));
            let open = move |&(slot, seq): &(usize, u64)| seq != 0 && !timeline.is_over(slot, seq);
            waited.enumerate().filter(open)
        })
    }
}

/// Registers both pages; if the driver refuses, the processor does everything.
fn timeline(request: &AwaitRequest<'_>) -> Result<(Kind, Release)> {
    let Some(fd) = request.timeline else {
        return Err(Error::InvalidArgument("no timeline page came".to_owned()));
    };
    let map = |fd: &Fd, what: &str| {
        WriteMap::new(fd, PAGE_SIZE).map_err(Error::system(format!("map the {what}")))
    };
    let AwaitRequest { context, slots, .. } = *request;
    let made = Error::cuda("make the streams and events that end leases");
    let ready = Words::register(context, map(fd, "timeline page")?);
    let acks = Words::register(context, map(request.page, "subscriber page")?);
    match (ready, acks) {
        (Ok(ready), Ok(acks)) => {
            let release = Release::by_words(context, slots, AckWords::new(acks)).map_err(made)?;
            Ok((Kind::Timeline(Timeline::new(ready)), release))
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::warn!(
                %error,
                "shared pages cannot be registered with the driver: the processor waits for \
                 frames and ends leases"
            );
            let ready = Words::Mapped(map(fd, "timeline page")?);
            let release = Release::by_host(context, slots).map_err(made)?;
            Ok((Kind::Timeline(Timeline::new(ready)), release))
        }
    }
}
