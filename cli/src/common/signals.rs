//! SIGINT and SIGTERM, turned into something to look at and to wait for.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::exit::Failure;

/// Catches SIGINT and SIGTERM as long as the program runs. The second one ends it at once.
#[derive(Clone, Debug)]
pub struct Signals {
    came: Arc<AtomicUsize>,
    /// Has a byte to read as soon as one came; it is never read.
    bell: Arc<UnixStream>,
}

/// What a wait brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// A signal came.
    Signal,
    /// The descriptor can be read.
    Readable,
    /// The time is over.
    Elapsed,
}

impl Signals {
    /// Starts to catch.
    pub fn catch() -> Result<Signals, Failure> {
        let failed = || Failure::io("catch signals");
        let came = Arc::new(AtomicUsize::new(0));
        let (bell, ringer) = UnixStream::pair().map_err(failed())?;
        for signal in [SIGINT, SIGTERM] {
            // What a signal does, in this order, however early it comes: it is noted, wakes
            // who waits, and from the second one on ends the program.
            flag::register_usize(signal, Arc::clone(&came), signal as usize).map_err(failed())?;
            let ringer = ringer.try_clone().map_err(failed())?;
            low_level::pipe::register(signal, ringer).map_err(failed())?;
            let again = Arc::new(AtomicBool::new(false));
            flag::register_conditional_default(signal, Arc::clone(&again)).map_err(failed())?;
            flag::register(signal, again).map_err(failed())?;
        }
        Ok(Signals {
            came,
            bell: Arc::new(bell),
        })
    }

    /// The signal that came, as the way to end.
    pub fn check(&self) -> Result<(), Failure> {
        match self.came.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Failure::Signal(i32::try_from(signal).unwrap_or(SIGTERM))),
        }
    }

    /// Sleeps until `when`, or until a signal comes.
    pub fn sleep_until(&self, when: Instant) -> Result<(), Failure> {
        let left = when.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            self.wait(None, Some(left))?;
        }
        self.check()
    }

    /// Waits until `input` can be read, a signal comes, or the time is over.
    pub fn wait(
        &self,
        input: Option<BorrowedFd<'_>>,
        limit: Option<Duration>,
    ) -> Result<Woken, Failure> {
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        // One that came before there was a bell.
        if self.check().is_err() {
            return Ok(Woken::Signal);
        }
        loop {
            let mut fds = vec![PollFd::from_borrowed_fd(self.bell.as_fd(), PollFlags::IN)];
            fds.extend(input.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            let left = deadline.map(|when| when.saturating_duration_since(Instant::now()));
            // A time beyond what the kernel can count is for ever.
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut fds, left.as_ref()) {
                Ok(0) => return Ok(Woken::Elapsed),
                Ok(_) if fds.first().is_some_and(|bell| !bell.revents().is_empty()) => {
                    return Ok(Woken::Signal);
                }
                Ok(_) => return Ok(Woken::Readable),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(Failure::io("wait for input")(error.into())),
            }
        }
    }
}
