//! Waiting for the next frame or packet: look, sleep, and now and then look at the socket.

use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::session::{LinkState, RETRY};

use super::Subscriber;
use super::looking::Look;
use super::waiting::Waiting;

/// Longest sleep or spin without a look at the socket: a dead publisher wakes nobody. The
/// protocol allows 100 ms; a fifth of it is left for the kernel to take down the dead process,
/// whose socket closes last.
const LONGEST_SLEEP: Duration = Duration::from_millis(80);
/// How often a frame that was delivered already may wake its reader afterwards: the publisher
/// first shows it, then changes the futex, then wakes.
const LATE_WAKES: u32 = 3;
/// Between two looks whether a stream has ended a lease that is in the way of the next one.
const STREAM_TURN: Duration = Duration::from_micros(100);

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Awaited {
    Frame,
    Packet,
}

impl Awaited {
    fn name(self) -> &'static str {
        match self {
            Awaited::Frame => "new frame",
            Awaited::Packet => "new packet",
        }
    }
}

impl Subscriber {
    /// Looks until there is what is awaited, and sleeps where nothing is.
    pub(super) fn wait_for<T>(
        &mut self,
        timeout: Option<Duration>,
        awaited: Awaited,
        mut look: impl FnMut(&mut Self) -> Result<Look<T>>,
    ) -> Result<T> {
        if !self.generation.is_current() {
            return Err(self.request.disconnected());
        }
        // The clock is read only when there is nothing to deliver.
        let mut waiting = Waiting::new(timeout);
        // The socket is looked at only when the ring had nothing although it was waited for: a
        // reader that is woken frame by frame makes no other system call than to sleep.
        let mut turns = 0;
        loop {
            let seen = match look(self)? {
                Look::Found(found) => return Ok(found),
                Look::Nothing { seen } => Some(seen),
                Look::Away => None,
                Look::Busy => match waiting.left() {
                    Some(left) => {
                        std::thread::sleep(STREAM_TURN.min(left));
                        continue;
                    }
                    None => return Err(self.busy(awaited, timeout)),
                },
                Look::Rejoin => match self.rejoin()? {
                    true => continue,
                    // Frames that are still held keep memory which has to be closed first.
                    false => None,
                },
                Look::Ended => {
                    if awaited == Awaited::Frame || self.request.packets_only {
                        self.link.detach();
                    }
                    return Err(self.end_of_stream());
                }
                Look::Gone => {
                    self.leave();
                    continue;
                }
            };
            let left = waiting.left();
            let idle = left.is_none() || turns >= LATE_WAKES;
            if idle && self.away.is_none() && self.look_at_socket() {
                continue;
            }
            match left {
                Some(left) => {
                    let woken = self.sleep(awaited, seen, left);
                    turns = if woken { turns + 1 } else { LATE_WAKES };
                }
                None if timeout == Some(Duration::ZERO) => {
                    let armed = match awaited {
                        Awaited::Frame => self.arm_poller(),
                        Awaited::Packet => self.arm_packet_poller(),
                    };
                    if armed {
                        return Err(Error::WouldBlock);
                    }
                }
                None => {
                    return Err(Error::Timeout {
                        what: awaited.name(),
                        limit: timeout.unwrap_or_default(),
                    });
                }
            }
        }
    }

    /// Looks at the socket; true if it told something, so that the ring is to be looked at
    /// once more.
    pub(super) fn look_at_socket(&mut self) -> bool {
        match self.link.look() {
            LinkState::Open => false,
            // It crossed the HELLO with which this epoch was joined.
            LinkState::Reconfigured(epoch) if epoch == self.epoch() => false,
            told => std::mem::replace(&mut self.link_state, told) != told,
        }
    }

    /// Spins a little, then sleeps until the publisher does something after `seen`; false if it
    /// did nothing. Without a publisher (`None`) it sleeps until the next try to find one.
    fn sleep(&mut self, awaited: Awaited, seen: Option<u32>, left: Duration) -> bool {
        let Some(seen) = seen else {
            std::thread::sleep(RETRY.min(left));
            return false;
        };
        if !self.spin.is_zero() {
            let (started, spin) = (Instant::now(), self.spin.min(left).min(LONGEST_SLEEP));
            while started.elapsed() < spin {
                if self.futex_value(awaited) != seen {
                    return true;
                }
                std::hint::spin_loop();
            }
            if spin < self.spin {
                return false;
            }
        }
        let limit = left.min(LONGEST_SLEEP);
        match (awaited, &self.packets) {
            (Awaited::Packet, Some(packets)) => packets.sleep(&self.attachment, seen, limit),
            _ => self.attachment.sleep(seen, limit),
        }
    }

    /// The word that moves with what is awaited.
    fn futex_value(&self, awaited: Awaited) -> u32 {
        match (awaited, &self.packets) {
            (Awaited::Packet, Some(packets)) => packets.futex_value(),
            _ => self.attachment.reader.futex_value(),
        }
    }

    /// The time is over, and leases that streams are to end, or parameters that are just being
    /// written, were in the way of the next one.
    fn busy(&self, awaited: Awaited, timeout: Option<Duration>) -> Error {
        match timeout {
            Some(Duration::ZERO) => {
                self.poll_for_streams();
                Error::WouldBlock
            }
            limit => Error::Timeout {
                what: match awaited {
                    Awaited::Frame => "stream that ends a lease",
                    Awaited::Packet => "codec parameters of the next packet",
                },
                limit: limit.unwrap_or_default(),
            },
        }
    }
}
