//! The counter of a segment.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::fence;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec, WakeOp, WakeOpCmp};

use super::map::Mapping;
use crate::fault::{Fault, planted};
use crate::seqlock::{Counter, Ordering};

#[cfg(not(target_endian = "little"))]
compile_error!("VIZN segments are written by little-endian machines");

/// Everybody who waits.
const ALL: u32 = i32::MAX as u32;
/// An odd number that is never there when the counter becomes odd.
const NEVER: u16 = 0xFFF;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The counter has changed, or somebody wants it to be looked at.
    Look,
    /// The time is over.
    TimeOver,
}

/// A counter in the first page of a file.
#[derive(Debug)]
pub struct SharedCounter {
    map: Mapping,
    at: usize,
}

impl SharedCounter {
    /// The word at `at` of `file`, which has so many bytes.
    pub fn new(file: impl AsFd, at: usize, writable: bool) -> io::Result<Self> {
        let map = Mapping::new(file, at + 4, writable)?;
        Ok(SharedCounter { map, at })
    }

    /// Adds `count`, and wakes who waits if it is `to_be_seen`. The kernel does it, since it is
    /// told by an error, and not by a signal, that the page is gone.
    fn add(&self, count: u16, to_be_seen: bool) -> io::Result<()> {
        let word = self.map.word(self.at);
        // Nobody waits at the beginning of the header. The call wakes one even if it shall wake none.
        let (whom, most) = match to_be_seen {
            true => (word, ALL),
            false => (self.map.word(0), 0),
        };
        let (add, never) = (WakeOp::Add, WakeOpCmp::Eq);
        let shared = Flags::empty();
        futex::wake_op(whom, shared, most, 0, word, add, never, count, NEVER)?;
        Ok(())
    }

    /// Lets everybody who waits look what has changed.
    pub fn wake(&self) {
        // Who waits at a page that is gone looks by itself after a while.
        let _ = futex::wake(self.map.word(self.at), Flags::empty(), ALL);
    }

    /// Sleeps until the word is not `seen` any more, until somebody wakes who waits, or until the
    /// time is over. Fails where the page is gone.
    pub fn wait(&self, seen: u32, limit: Duration) -> io::Result<Woken> {
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        match futex::wait(self.map.word(self.at), Flags::empty(), seen, Some(&limit)) {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR) => Ok(Woken::Look),
            Err(Errno::TIMEDOUT) => Ok(Woken::TimeOver),
            Err(error) => Err(error.into()),
        }
    }
}

/// That of who writes: it knows the value, and never loads it.
impl Counter for SharedCounter {
    type Error = io::Error;

    fn load(&self, _order: Ordering) -> io::Result<u32> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn advance(&self, order: Ordering) -> io::Result<()> {
        let finishes = order == Ordering::Release;
        if finishes {
            self.fence(order);
        }
        match (planted(Fault::NoOdd), finishes) {
            (false, _) => self.add(1, finishes),
            (true, true) => self.add(2, true),
            (true, false) => Ok(()),
        }
    }

    fn fence(&self, order: Ordering) {
        fence(order);
    }
}
