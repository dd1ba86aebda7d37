//! A frame on its way to a consumer.

use std::time::{Duration, Instant};

use super::consumer::{Consumer, Gone, real_time};
use super::lender::{Loan, Parcel, Terms};
use super::{Lease, Lending};
use crate::failpoint::{Point, reach};
use crate::ledger::FrameId;
use crate::socket::SendError;

/// How long a frame stays away at most whose publisher sets no limit.
const QUARANTINE: Duration = Duration::from_secs(4);
/// How long to wait when too many descriptors are on their way: nothing tells when they are not.
const PAUSE: Duration = Duration::from_millis(20);

impl<L: Lease> Consumer<L> {
    pub(super) fn lend(&mut self, stream: usize, lease: L, now: Instant) -> Result<(), Gone> {
        let Some(lender) = &mut self.lender else {
            return Err(Gone);
        };
        reach(Point::FrameTaken);
        match lender.pack(stream, lease, self.row.version) {
            Ok(parcel) => {
                reach(Point::FramePacked);
                self.send(stream, parcel, now)
            }
            Err(error) => {
                tracing::warn!(%error, "a frame was not lent");
                self.unsent += 1;
                self.paused = Some(now + PAUSE);
                Ok(())
            }
        }
    }

    fn send(&mut self, stream: usize, parcel: Parcel<L>, now: Instant) -> Result<(), Gone> {
        let Some(lender) = &mut self.lender else {
            return Err(Gone);
        };
        let name = &self.shared.streams[stream];
        let timeout = self.shared.options.timeout;
        let terms = Terms {
            now: real_time(),
            timeout,
        };
        let terms = (self.row.version >= 1).then_some(terms);
        let is_fd_sent = lender.write(&parcel, name, terms, &mut self.message);
        let (memory, is_copy) = (parcel.memory(), !parcel.loan.keeps_lease());
        let lending = parcel.lending;
        let sequence = parcel.loan.frame.sequence;
        let id = FrameId { stream, sequence };
        let quarantine = parcel.loan.time_limit;
        let quarantine = quarantine.map_or(QUARANTINE, |limit| limit * 4 / 5);
        // It is counted before anybody can have it.
        if let Err(loan) = self.ledger.lend(id, parcel.loan, quarantine, now) {
            // The stream began anew, and the consumer still has the frame of that number.
            self.unsent += 1;
            self.give_back(loan);
            return Ok(());
        }
        self.row.tally.copied += u64::from(is_copy);
        self.count();
        reach(Point::FrameCounted);
        match self.pass_on(id, is_fd_sent) {
            Ok(()) => {
                reach(Point::FrameSent);
                if let (true, Some(lender)) = (is_fd_sent && terms.is_some(), &mut self.lender) {
                    lender.note_known(memory);
                }
                self.note_lending(stream, lending);
                Ok(())
            }
            Err(error) => self.take_back(id, is_copy, error, now),
        }
    }

    /// Tells where that is new how frames are lent.
    fn note_lending(&mut self, stream: usize, lending: Lending) {
        let name = &self.shared.streams[stream];
        if self.row.lending.get(name) == Some(&lending) {
            return;
        }
        self.row.lending.insert(name.clone(), lending);
        let observer = &self.shared.options.observer;
        observer.lending(&self.row.name, name, lending);
        self.introduce();
    }

    fn pass_on(&self, id: FrameId, is_fd_sent: bool) -> Result<(), SendError> {
        let loan = self.ledger.get(id).filter(|_| is_fd_sent);
        match loan.and_then(Loan::fd) {
            Some(fd) => self.connection.send(&self.message, &[fd]),
            None => self.connection.send(&self.message, &[]),
        }
    }

    fn take_back(
        &mut self,
        id: FrameId,
        is_copy: bool,
        error: SendError,
        now: Instant,
    ) -> Result<(), Gone> {
        if let Some(loan) = self.ledger.unsend(id) {
            self.give_back(loan);
        }
        self.unsent += 1;
        self.row.tally.copied -= u64::from(is_copy);
        self.count();
        match error {
            SendError::Full => self.is_full = true,
            // What it had said is still to be read.
            SendError::Gone => self.is_deaf = true,
            SendError::TooManyDescriptors => {
                tracing::warn!(consumer = self.row.name, %error, "a frame was not lent");
                self.paused = Some(now + PAUSE);
            }
            _ => {
                tracing::debug!(consumer = self.row.name, %error, "a consumer is gone");
                return Err(Gone);
            }
        }
        Ok(())
    }
}
