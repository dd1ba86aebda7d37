//! The publisher's side of GPU order, for one epoch.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::pool::{CudaPlacement, Placement};
use crate::sys::cuda::{Context, CudaError, Event, StreamRef};
use crate::sys::{self, Fd, WriteMap};
use crate::wire::{PAGE_SIZE, SyncKind};

use super::acks::AckEvents;
use super::local::{self, Handle};
use super::previous::{Previous, Write};
use super::timeline::{Timeline, Words};

/// Between two looks at work of a GPU that the host waits for.
const PAUSE: Duration = Duration::from_micros(100);

/// How streams and processes follow each other on the slots of one epoch.
#[derive(Debug)]
pub struct Order {
    context: Context,
    previous: Previous,
    marks: Marks,
}

/// What tells that a frame is complete.
#[derive(Debug)]
enum Marks {
    /// Its sequence; a local event of each slot tells when to store that.
    Cpu(Vec<Event>),
    /// An interprocess event of each slot.
    Event(Vec<(Handle, Arc<Event>)>),
    /// The timeline page, and the descriptor that peers get of it.
    Timeline(Timeline, Fd),
}

/// When the sequence of a frame may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// Now: something else tells when the pixels are complete.
    Told,
    /// Once [`Order::wait`] has returned: the sequence is what tells.
    Later,
}

impl Order {
    /// Events and words for `slots` slots; nothing for host memory.
    pub fn new(placement: &Placement, slots: usize) -> Result<Option<Order>> {
        let Placement::Cuda(CudaPlacement { context, sync, .. }) = placement else {
            return Ok(None);
        };
        let made = || Error::cuda("make the events of the ring");
        let marks = match sync {
            SyncKind::Cpu => {
                let events = (0..slots).map(|_| Event::new_local(context));
                Marks::Cpu(events.collect::<Result<_, _>>().map_err(made())?)
            }
            SyncKind::CudaEvent => {
                let events = (0..slots).map(|_| local::export(context));
                Marks::Event(events.collect::<Result<_, _>>().map_err(made())?)
            }
            SyncKind::CudaTimeline => timeline(context)?,
        };
        Ok(Some(Order {
            previous: Previous::new(context, slots).map_err(made())?,
            context: context.clone(),
            marks,
        }))
    }

    /// The handle of the ready event of `slot`, zero where there is none.
    pub fn handle(&self, slot: usize) -> Handle {
        match &self.marks {
            Marks::Event(events) => events[slot].0,
            Marks::Cpu(_) | Marks::Timeline(..) => [0; 64],
        }
    }

    /// The timeline page for a peer.
    pub fn timeline(&self) -> Option<&Fd> {
        match &self.marks {
            Marks::Timeline(_, fd) => Some(fd),
            Marks::Cpu(_) | Marks::Event(_) => None,
        }
    }

    /// True if subscribers end their leases by events.
    pub fn has_events(&self) -> bool {
        matches!(self.marks, Marks::Event(_))
    }

    /// Opens the events by which a subscriber ends its leases.
    pub fn open_acks(&self, handles: &[Handle]) -> Result<AckEvents, CudaError> {
        AckEvents::open(&self.context, handles)
    }

    /// What `stream` does from now on comes after everything that was done to `slot`, which the
    /// caller owns.
    pub fn begin_on(&self, slot: usize, stream: StreamRef<'_>) -> Result<(), CudaError> {
        let write = self.previous.get(slot);
        if write == Write::None || self.previous.was_on(slot, stream) {
            return Ok(());
        }
        match (write, &self.marks) {
            (Write::Abandoned, _) => stream.wait_event(self.previous.abandoned(slot)),
            (_, Marks::Cpu(events)) => stream.wait_event(&events[slot]),
            (_, Marks::Event(events)) => stream.wait_event(&events[slot].1),
            (Write::Frame(seq), Marks::Timeline(timeline, _)) => {
                timeline.wait_on(slot, seq, stream)
            }
            (Write::None, Marks::Timeline(..)) => Ok(()),
        }
    }

    /// Waits until everything that was done to `slot` is complete, so that the processor or
    /// any stream may go on. The slot was free, so it mostly has been for long.
    pub fn begin_host(&self, slot: usize) -> Result<(), CudaError> {
        while !self.is_settled(slot)? {
            if self.is_lost() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        self.previous.clear(slot);
        Ok(())
    }

    /// As [`begin_host`](Order::begin_host), if that is so without waiting; else false.
    pub fn try_begin_host(&self, slot: usize) -> bool {
        let settled = self.is_settled(slot).unwrap_or(false);
        if settled {
            self.previous.clear(slot);
        }
        settled
    }

    /// Frame `seq` in `slot` is complete once `stream` gets there.
    pub fn complete_on(
        &self,
        slot: usize,
        seq: u64,
        stream: StreamRef<'_>,
    ) -> Result<Completion, CudaError> {
        let completion = match &self.marks {
            Marks::Cpu(events) => {
                events[slot].record(stream)?;
                Completion::Later
            }
            Marks::Event(events) => {
                events[slot].1.record(stream)?;
                Completion::Told
            }
            Marks::Timeline(timeline, _) => {
                timeline.complete_on(slot, seq, stream)?;
                Completion::Told
            }
        };
        self.previous.set_frame(slot, seq, stream);
        Ok(completion)
    }

    /// Frame `seq` in `slot` is complete now; nothing that was done to the slot is pending.
    pub fn complete_now(&self, slot: usize, seq: u64) {
        if let Marks::Timeline(timeline, _) = &self.marks {
            timeline.complete_now(slot, seq);
        }
        // An event that was recorded for an older frame has happened: it says "complete".
        self.previous.clear(slot);
    }

    /// What was given to `stream` for `slot` is never published.
    pub fn abandon_on(&self, slot: usize, stream: StreamRef<'_>) -> Result<(), CudaError> {
        self.previous.abandon(slot, stream)
    }

    /// Sync CPU: waits until the frame in `slot` is complete.
    pub fn wait(&self, slot: usize) -> Result<(), CudaError> {
        match &self.marks {
            Marks::Cpu(events) => events[slot].synchronize(),
            Marks::Event(_) | Marks::Timeline(..) => Ok(()),
        }
    }

    /// True if everything that was done to `slot` is complete.
    fn is_settled(&self, slot: usize) -> Result<bool, CudaError> {
        match (self.previous.get(slot), &self.marks) {
            (Write::None, _) => Ok(true),
            (Write::Abandoned, _) => self.previous.abandoned(slot).query(),
            (_, Marks::Cpu(events)) => events[slot].query(),
            (_, Marks::Event(events)) => events[slot].1.query(),
            (Write::Frame(seq), Marks::Timeline(timeline, _)) => {
                // Whoever aborted it did not stop the stream.
                Ok(timeline.is_over(slot, seq) && !timeline.is_aborted(slot, seq))
            }
        }
    }

    /// True if no work on the pool is left. A lost context works no more.
    pub fn is_idle(&self, slots: usize) -> bool {
        (0..slots).all(|slot| self.is_settled(slot).unwrap_or(true)) || self.is_lost()
    }

    /// True if the context is lost: nothing that was given to its streams will be done.
    pub fn is_lost(&self) -> bool {
        self.check_context().is_err()
    }

    /// Says why the context is lost, if it is.
    pub fn check_context(&self) -> Result<(), CudaError> {
        StreamRef::default_stream().query(&self.context).map(drop)
    }

    /// Waits until no work on the pool is left, but not beyond `deadline`; true if so.
    pub fn wait_idle(&self, slots: usize, deadline: Instant) -> bool {
        while !self.is_idle(slots) {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// Ends every wait for a frame that is not complete and never will be.
    pub fn abort_unfinished(&self, slots: usize) {
        let Marks::Timeline(timeline, _) = &self.marks else {
            return;
        };
        for slot in 0..slots {
            if let Write::Frame(seq) = self.previous.get(slot) {
                timeline.abort(slot, seq);
            }
        }
    }
}

fn timeline(context: &Context) -> Result<Marks> {
    let made = |source: io::Error| Error::system("make the timeline page")(source);
    let fd = sys::create_memfd("cuframes-timeline", PAGE_SIZE as u64).map_err(made)?;
    sys::seal_page(&fd).map_err(made)?;
    let map = WriteMap::new(&fd, PAGE_SIZE).map_err(made)?;
    let words = Words::register(context, map).map_err(Error::cuda("register the timeline page"))?;
    Ok(Marks::Timeline(Timeline::new(words), fd))
}
