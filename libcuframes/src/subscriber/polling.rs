//! The descriptor for event loops.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::error::{Error, Result};
use crate::sys::{self, Poller};

use super::Subscriber;

impl Subscriber {
    pub(super) fn fill(&self, poller: &Poller) -> io::Result<()> {
        // The connection stays the same over a reconfiguration; then it is there already.
        let socket = self.link.with_socket(|socket| poller.add(socket, 0));
        match socket {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => poller.add(&self.attachment.notify, 1),
        }
    }

    /// Before "nothing" is said to somebody who polls the descriptor: asks to be poked, and
    /// tells whether there is still nothing.
    pub(super) fn arm_poller(&self) -> bool {
        if self.poller.is_none() {
            return true;
        }
        let reader = &self.attachment.reader;
        let seen = reader.futex_value();
        sys::drain(&self.attachment.notify);
        reader.ask_notify();
        let newest = reader.latest();
        newest < self.position.wanted && reader.futex_value() == seen
    }

    /// A descriptor for an event loop: when it is readable, call
    /// [`next`](Subscriber::next) with a zero time-out until it gives
    /// [`WouldBlock`](Error::WouldBlock). It stays the same for the life of the subscriber.
    pub fn poll_fd(&mut self) -> Result<BorrowedFd<'_>> {
        if self.poller.is_none() {
            let failed = || Error::system("make a descriptor to poll");
            let poller = Poller::new().map_err(failed())?;
            self.fill(&poller).map_err(failed())?;
            self.poller = Some(poller);
            self.attachment.reader.ask_notify();
        }
        match &self.poller {
            Some(poller) => Ok(poller.as_fd()),
            None => Err(Error::WouldBlock),
        }
    }
}
