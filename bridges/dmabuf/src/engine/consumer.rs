//! One consumer: the thread that lends to it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::counts::{ConsumerRow, Row, Tally};
use super::lender::{Lender, Loan};
use super::streams::Streams;
use super::{Lease, Shared, Source};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::ledger::{self, Ledger};
use crate::message::MAX_PACKET;
use crate::socket::Connection;

/// How often publishers are asked whether they are short while their memory is in quarantine:
/// nothing tells when one drops a frame.
const LOOK_FOR_SHORT: Duration = Duration::from_millis(20);

/// One consumer.
pub struct Consumer<L> {
    pub(super) shared: Arc<Shared>,
    pub(super) connection: Connection,
    pub(super) row: ConsumerRow,
    /// What the table has of it.
    told: Row,
    pub(super) ledger: Ledger<Loan<L>>,
    pub(super) streams: Streams<L>,
    pub(super) lender: Option<Lender>,
    /// Room for a packet of its own.
    pub(super) packet: Vec<u8>,
    /// Room for a frame's message.
    pub(super) message: Vec<u8>,
    /// Room for the texts of what it found in a frame.
    pub(super) texts: [String; 3],
    /// It does not read what was sent.
    pub(super) is_full: bool,
    /// It is gone, and what it had said is not read yet.
    pub(super) is_deaf: bool,
    /// Nothing is sent until then.
    pub(super) paused: Option<Instant>,
    /// Frames that were taken from streams and could not be sent.
    pub(super) unsent: u64,
    next_look: Instant,
    /// Room for what is polled.
    polled: Vec<PollFd<'static>>,
    /// Room for what `poll` says of streams.
    ready: Vec<bool>,
}

/// The consumer is gone, or may as well be.
pub struct Gone;

impl<L: Lease> Consumer<L> {
    pub fn new(
        shared: Arc<Shared>,
        source: Arc<dyn Source<L>>,
        connection: Connection,
        row: ConsumerRow,
        told: Row,
    ) -> Consumer<L> {
        let terms = ledger::Terms {
            window: shared.options.window,
            timeout: shared.options.timeout,
        };
        let lender = Lender::new(shared.options.buffers.clone());
        let now = Instant::now();
        Consumer {
            streams: Streams::new(Arc::clone(&shared), source, now),
            ledger: Ledger::new(terms),
            lender: lender
                .inspect_err(|error| tracing::warn!(%error, "a consumer is not served"))
                .ok(),
            // One byte more, to see that a packet is too large.
            packet: vec![0; MAX_PACKET + 1],
            message: Vec::new(),
            texts: Default::default(),
            shared,
            connection,
            row,
            told,
            polled: Vec::new(),
            ready: Vec::new(),
            is_full: false,
            is_deaf: false,
            paused: None,
            unsent: 0,
            next_look: now,
        }
    }

    /// Until it is gone, or the engine ends.
    pub fn run(mut self) {
        tracing::debug!(peer = %self.row.peer, "a consumer came");
        while self.lender.is_some() && self.turn().is_ok() {}
        let abandoned = self.ledger.close();
        if planted(Fault::KeepAbandoned) {
            std::mem::forget(abandoned);
        }
        self.count();
        self.shared.table.leave(&self.told);
        tracing::debug!(peer = %self.row.peer, "a consumer is gone");
    }

    fn turn(&mut self) -> Result<(), Gone> {
        let now = Instant::now();
        self.look_at_deadlines(now);
        self.streams.subscribe(now);
        while self.may_send(now) {
            let has_room = |stream| self.ledger.has_room(stream);
            let Some((stream, lease)) = self.streams.newest(has_room, now) else {
                break;
            };
            self.lend(stream, lease, now)?;
        }
        self.count();
        match self.wait(now)? {
            true => self.take_message(),
            false => Ok(()),
        }
    }

    fn may_send(&mut self, now: Instant) -> bool {
        if self.paused.is_some_and(|until| until <= now) {
            self.paused = None;
        }
        !self.is_full && !self.is_deaf && self.paused.is_none()
    }

    fn look_at_deadlines(&mut self, now: Instant) {
        let timed_out = self.ledger.time_out(now);
        if !timed_out.is_empty() {
            // What publishers dropped before is not due to these.
            self.streams.short();
            reach(Point::Quarantined);
        }
        for id in timed_out {
            let stream = &self.shared.streams[id.stream];
            tracing::debug!(consumer = self.row.name, stream, id.sequence, "timed out");
            let observer = &self.shared.options.observer;
            observer.timed_out(&self.row.name, stream, id.sequence);
        }
        let mut back = self.ledger.release(now);
        if self.ledger.quarantined() > 0 && self.next_look <= now {
            self.next_look = now + LOOK_FOR_SHORT;
            for stream in self.streams.short() {
                back.extend(self.ledger.release_early(stream, Loan::keeps_lease));
            }
        }
        for loan in back {
            self.give_back(loan);
        }
    }

    pub(super) fn give_back(&mut self, loan: Loan<L>) {
        self.streams.resume();
        if let Some(lender) = &mut self.lender {
            lender.give_back(loan);
        }
    }

    /// Sends what is no frame, if the consumer reads; it is of no use to one that does not.
    pub(super) fn answer(&mut self, message: &[u8]) {
        // One that is gone is seen when it is read from.
        let _ = self.connection.send(message, &[]);
    }

    /// Tells the table what was counted.
    pub(super) fn count(&mut self) {
        let tally = Tally {
            frames: self.ledger.counts(),
            quarantined: self.ledger.quarantined() as u64,
            dropped: self.streams.dropped() + self.unsent,
            ..self.row.tally
        };
        self.row.tally = tally;
        self.told.update(|told| told.tally = tally);
    }

    /// Tells the table who it is, and how it is lent frames.
    pub(super) fn introduce(&self) {
        self.told.update(|told| told.clone_from(&self.row));
    }

    fn next_deadline(&self) -> Option<Instant> {
        let look = (self.ledger.quarantined() > 0).then_some(self.next_look);
        let deadlines = [
            self.ledger.next_deadline(),
            self.streams.next_try(),
            self.paused,
            look,
        ];
        deadlines.into_iter().flatten().min()
    }

    /// Until there is something to do: true if that is to hear the consumer.
    fn wait(&mut self, now: Instant) -> Result<bool, Gone> {
        let limit = self.next_deadline();
        let limit = limit.map(|until| until.saturating_duration_since(Instant::now()));
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        let wants_frames = self.may_send(now);
        let room = match self.is_full {
            true => PollFlags::OUT,
            false => PollFlags::empty(),
        };
        let mut fds: Vec<PollFd<'_>> = std::mem::take(&mut self.polled);
        fds.push(PollFd::new(&self.shared.stop, PollFlags::IN));
        fds.push(PollFd::new(&self.connection, PollFlags::IN | room));
        if wants_frames {
            let has_room = |stream| self.ledger.has_room(stream);
            self.streams.poll_for(&mut fds, has_room, now);
        }
        match poll(&mut fds, limit.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => {
                tracing::warn!(%error, "a consumer is not served any more");
                return Err(Gone);
            }
        }
        let (is_told_to_stop, heard) = (!fds[0].revents().is_empty(), fds[1].revents());
        let of_streams = fds.iter().skip(2);
        self.ready.clear();
        self.ready
            .extend(of_streams.map(|fd| !fd.revents().is_empty()));
        self.polled = emptied(fds);
        if wants_frames {
            self.streams.note_ready(&self.ready);
        }
        if heard.contains(PollFlags::OUT) {
            self.is_full = false;
        }
        match is_told_to_stop {
            true => Err(Gone),
            false => Ok(!heard.difference(PollFlags::OUT).is_empty()),
        }
    }
}

/// The same list without what is in it: to collect what is left of one, which is nothing, is done in
/// the list's own memory.
fn emptied(fds: Vec<PollFd<'_>>) -> Vec<PollFd<'static>> {
    fds.into_iter().map_while(|_| None).collect()
}

/// Nanoseconds of CLOCK_REALTIME.
pub fn real_time() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    })
}
