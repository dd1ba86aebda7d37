//! The descriptor for event loops.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::sys::{self, Poller, Ticker};

use super::Subscriber;

/// How often an event loop is asked to look for the key's next publisher.
const TICK: Duration = Duration::from_millis(20);

/// How soon an event loop is asked to look again whether streams have ended leases.
const STREAM_TICK: Duration = Duration::from_millis(1);

/// What is polled for a subscriber: the socket and the notify end of its publisher, or, while
/// there is none, a clock.
#[derive(Debug)]
pub(super) struct PollSet {
    poller: Poller,
    ticker: Ticker,
}

impl Subscriber {
    /// Polls a publisher. What it published before has rung no bell, so the clock does, once.
    pub(super) fn poll_publisher(&self, set: &PollSet) -> io::Result<()> {
        set.ticker.ring()?;
        // The connection stays the same over a reconfiguration; then it is there already.
        let socket = self.link.with_socket(|socket| set.poller.add(socket, 0));
        match socket {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => set.poller.add(&self.attachment.notify, 0),
        }
    }

    /// No longer polls the notify end of an epoch that is over; frames may keep it open.
    pub(super) fn forget_notify(&self, set: &PollSet) {
        // While the publisher was away it was not polled.
        let _ = set.poller.remove(&self.attachment.notify);
    }

    /// Polls the clock: what is left of the publisher would be readable without end.
    pub(super) fn poll_while_away(&self, set: &PollSet) -> io::Result<()> {
        self.link.with_socket(|socket| set.poller.remove(socket))?;
        set.poller.remove(&self.attachment.notify)?;
        set.ticker.start(TICK)
    }

    /// Streams are about to end leases that are in the way of the next frame, and nobody rings
    /// for that: the clock tells when to look again.
    pub(super) fn poll_for_streams(&self) {
        if let Some(set) = &self.poller
            && let Err(error) = set.ticker.ring_after(STREAM_TICK)
        {
            tracing::warn!(%error, "the subscriber's descriptor is of no more use");
        }
    }

    /// Before "nothing" is said to somebody who polls the descriptor: asks to be poked, and
    /// tells whether there is still nothing.
    pub(super) fn arm_poller(&self) -> bool {
        let Some(set) = &self.poller else {
            return true;
        };
        set.ticker.reset();
        if self.away.is_some() {
            return true;
        }
        let reader = &self.attachment.reader;
        let seen = reader.futex_value();
        sys::drain(&self.attachment.notify);
        reader.ask_notify();
        let newest = reader.latest();
        let is_still_nothing = newest < self.position.wanted && reader.futex_value() == seen;
        if self
            .packets
            .as_ref()
            .is_some_and(|packets| packets.ask_notify(&self.attachment))
        {
            // The byte that told of it may be the one that was taken above.
            self.ring(set);
        }
        is_still_nothing
    }

    /// As [`arm_poller`](Subscriber::arm_poller), before "no packet" is said.
    pub(super) fn arm_packet_poller(&self) -> bool {
        let (Some(set), Some(packets)) = (&self.poller, &self.packets) else {
            return true;
        };
        set.ticker.reset();
        if self.away.is_some() {
            return true;
        }
        sys::drain(&self.attachment.notify);
        let is_still_nothing = !packets.ask_notify(&self.attachment);
        if !self.request.packets_only {
            let reader = &self.attachment.reader;
            reader.ask_notify();
            if reader.latest() >= self.position.wanted {
                self.ring(set);
            }
        }
        is_still_nothing
    }

    fn ring(&self, set: &PollSet) {
        if let Err(error) = set.ticker.ring() {
            tracing::warn!(%error, "the subscriber's descriptor is of no more use");
        }
    }

    /// A descriptor for an event loop: when it is readable, call
    /// [`next`](Subscriber::next), and [`next_packet`](Subscriber::next_packet) where packets are
    /// read, with a zero time-out until each gives [`WouldBlock`](Error::WouldBlock). It stays the same for the life of the subscriber.
    pub fn poll_fd(&mut self) -> Result<BorrowedFd<'_>> {
        if self.poller.is_none() {
            self.poller = Some(
                self.make_set()
                    .map_err(Error::system("make a descriptor to poll"))?,
            );
        }
        match &self.poller {
            Some(set) => Ok(set.poller.as_fd()),
            None => Err(Error::WouldBlock),
        }
    }

    fn make_set(&self) -> io::Result<PollSet> {
        let set = PollSet {
            poller: Poller::new()?,
            ticker: Ticker::new()?,
        };
        set.poller.add(&set.ticker, 0)?;
        match self.away {
            Some(_) => set.ticker.start(TICK)?,
            None => {
                self.poll_publisher(&set)?;
                self.attachment.reader.ask_notify();
                if let Some(packets) = &self.packets {
                    packets.ask_notify(&self.attachment);
                }
            }
        }
        Ok(set)
    }
}
