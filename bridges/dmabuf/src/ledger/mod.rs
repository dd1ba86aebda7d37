//! Who has which frame, and since when: the account of one consumer.
//!
//! It knows no socket and no clock; it is told what happened and when. At every moment
//!
//! > sent = returned + errors + timed out + abandoned + in flight
//!
//! A frame that is not returned in time is *timed out*, and reported as that at once. But its
//! consumer may still look at it, and nothing can take a map away from it. So its memory stays in
//! *quarantine*, where it counts in the window, until the consumer returns it late, goes away, or
//! the quarantine is over.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::fault::{Fault, planted};

/// Which frame: its stream's number at the engine, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameId {
    /// The stream, from 0 on.
    pub stream: usize,
    /// The frame's number in it.
    pub sequence: i64,
}

/// How much a consumer may have, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Frames of each stream that it may have at a time, those in quarantine included.
    pub window: usize,
    /// How long it may have one.
    pub timeout: Duration,
}

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Frames that were lent.
    pub sent: u64,
    /// Frames that came back in time and well.
    pub returned: u64,
    /// Frames that came back in time as an error.
    pub errors: u64,
    /// Frames that did not come back in time.
    pub timed_out: u64,
    /// Frames that the consumer had when it went away.
    pub abandoned: u64,
    /// Frames that it has, and still may have.
    pub in_flight: u64,
    /// Frames that came back after they had timed out.
    pub late: u64,
    /// Returns of frames that the consumer does not have.
    pub unknown: u64,
}

impl Counts {
    /// Whether every frame is accounted for exactly once.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let ended = self.returned + self.errors + self.timed_out + self.abandoned;
        self.sent == ended + self.in_flight
    }
}

/// What a return meant.
#[derive(Debug, PartialEq, Eq)]
pub enum Returned<T> {
    /// The frame is back; here is what it was lent with.
    InTime(T),
    /// It is back after it was reported as timed out.
    Late(T),
    /// The consumer does not have it: never had, returned it already, or it is back from quarantine.
    Unknown,
}

/// One frame that a consumer has.
#[derive(Debug)]
struct Loan<T> {
    id: FrameId,
    what: T,
    state: State,
    /// How long its memory is kept from everybody at most, counted from when it was lent.
    quarantine: Duration,
}

#[derive(Clone, Copy, Debug)]
enum State {
    InFlight { until: Instant },
    Quarantine { until: Instant },
}

/// The account; see the module. `T` is what has to be kept as long as the consumer has a frame.
#[derive(Debug)]
pub struct Ledger<T> {
    terms: Terms,
    /// In the order of their numbers. There are few, and a list keeps its room where a tree would get
    /// and give back memory with each frame.
    loans: Vec<Loan<T>>,
    counts: Counts,
}

impl<T> Ledger<T> {
    /// An account without a frame.
    #[must_use]
    pub fn new(terms: Terms) -> Ledger<T> {
        Ledger {
            terms,
            loans: Vec::new(),
            counts: Counts::default(),
        }
    }

    /// Whether one more frame of a stream may be lent.
    #[must_use]
    pub fn has_room(&self, stream: usize) -> bool {
        let up_to = |last| self.loans.partition_point(|loan| loan.id.stream <= last);
        let before = stream.checked_sub(1).map_or(0, up_to);
        up_to(stream) - before < self.terms.window
    }

    /// Notes a frame that was lent, and how long its memory stays in quarantine if it does not come
    /// back, counted from now. Gives it back where there is no room, or the consumer has it already.
    pub fn lend(
        &mut self,
        id: FrameId,
        what: T,
        quarantine: Duration,
        now: Instant,
    ) -> Result<(), T> {
        let (true, Err(at)) = (self.has_room(id.stream), self.find(id)) else {
            return Err(what);
        };
        let until = now + self.terms.timeout;
        let loan = Loan {
            id,
            what,
            state: State::InFlight { until },
            quarantine,
        };
        self.loans.insert(at, loan);
        self.counts.sent += 1;
        self.counts.in_flight += 1;
        Ok(())
    }

    /// What a frame was lent with that the consumer has.
    #[must_use]
    pub fn get(&self, id: FrameId) -> Option<&T> {
        let at = self.find(id).ok()?;
        Some(&self.loans[at].what)
    }

    /// Takes back a frame that was noted and could not be sent after all.
    pub fn unsend(&mut self, id: FrameId) -> Option<T> {
        let at = self.find(id).ok()?;
        if matches!(self.loans[at].state, State::Quarantine { .. }) {
            return None;
        }
        self.counts.sent -= 1;
        self.counts.in_flight -= 1;
        Some(self.loans.remove(at).what)
    }

    /// Notes that a frame came back, well or as an error.
    pub fn give_back(&mut self, id: FrameId, well: bool) -> Returned<T> {
        let Ok(at) = self.find(id) else {
            self.counts.unknown += 1;
            return Returned::Unknown;
        };
        let Loan { what, state, .. } = self.loans.remove(at);
        match state {
            State::Quarantine { .. } => {
                self.counts.late += 1;
                self.counts.returned += u64::from(planted(Fault::CountLateTwice));
                Returned::Late(what)
            }
            State::InFlight { .. } => {
                self.counts.in_flight -= 1;
                match well {
                    true => self.counts.returned += 1,
                    false => self.counts.errors += 1,
                }
                Returned::InTime(what)
            }
        }
    }

    /// Frames that have timed out by now; each is told once.
    pub fn time_out(&mut self, now: Instant) -> Vec<FrameId> {
        let timeout = self.terms.timeout;
        let mut told = Vec::new();
        for loan in &mut self.loans {
            if let State::InFlight { until } = loan.state
                && until <= now
            {
                let rest = loan.quarantine.saturating_sub(timeout);
                loan.state = State::Quarantine {
                    until: until + rest,
                };
                self.counts.in_flight -= 1;
                self.counts.timed_out += 1;
                told.push(loan.id);
            }
        }
        told
    }

    /// What has been in quarantine long enough.
    pub fn release(&mut self, now: Instant) -> Vec<T> {
        self.take(|loan| match loan.state {
            State::Quarantine { until } => until <= now,
            State::InFlight { .. } => false,
        })
    }

    /// What is in quarantine in one stream and keeps memory of its publisher, who needs that now.
    pub fn release_early(&mut self, stream: usize, keeps: impl Fn(&T) -> bool) -> Vec<T> {
        self.take(|loan| {
            let is_over = matches!(loan.state, State::Quarantine { .. });
            loan.id.stream == stream && is_over && keeps(&loan.what)
        })
    }

    /// When something is to be done next without a return.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        let until = |loan: &Loan<T>| match loan.state {
            State::InFlight { until } | State::Quarantine { until } => until,
        };
        self.loans.iter().map(until).min()
    }

    /// The consumer is gone: what it had.
    pub fn close(&mut self) -> Vec<T> {
        if !planted(Fault::ForgetAbandoned) {
            self.counts.abandoned += self.counts.in_flight;
        }
        self.counts.in_flight = 0;
        self.take(|_| true)
    }

    /// What was counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Frames in quarantine.
    #[must_use]
    pub fn quarantined(&self) -> usize {
        self.loans.len() - self.counts.in_flight as usize
    }

    /// Where a frame is in the list, or belongs.
    fn find(&self, id: FrameId) -> Result<usize, usize> {
        self.loans.binary_search_by_key(&id, |loan| loan.id)
    }

    fn take(&mut self, which: impl Fn(&Loan<T>) -> bool) -> Vec<T> {
        let taken = self.loans.extract_if(.., |loan| which(loan));
        taken.map(|loan| loan.what).collect()
    }
}
