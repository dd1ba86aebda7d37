//! SIGINT and SIGTERM, turned into something to look at, to wait for and to be called by.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::ending::Ending;

/// Catches SIGINT and SIGTERM as long as the program runs. The second one ends it at once.
#[derive(Clone, Debug)]
pub struct Signals {
    came: Arc<AtomicUsize>,
    /// Has a byte to read as soon as one came; it is never read.
    bell: Arc<UnixStream>,
}

impl Signals {
    /// Starts to catch.
    pub fn catch() -> Result<Signals, Ending> {
        let failed = || Ending::io("catch signals");
        let came = Arc::new(AtomicUsize::new(0));
        let (bell, ringer) = UnixStream::pair().map_err(failed())?;
        for signal in [SIGINT, SIGTERM] {
            // What a signal does, in this order, however early it comes: it is noted, wakes
            // who waits, and from the second one on ends the program. Each counts by itself: ^C
            // reaches whoever started the program as well, who then may send it SIGTERM.
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
    pub fn check(&self) -> Result<(), Ending> {
        match self.came.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Ending::Signal(i32::try_from(signal).unwrap_or(SIGTERM))),
        }
    }

    /// Can be read as soon as a signal came.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// Waits until `input` can be read, and is false if the deadline came first. A signal is the
    /// end of it.
    pub fn wait(
        &self,
        input: Option<BorrowedFd<'_>>,
        deadline: Option<Instant>,
    ) -> Result<bool, Ending> {
        loop {
            self.check()?;
            let mut fds = vec![PollFd::from_borrowed_fd(self.bell(), PollFlags::IN)];
            fds.extend(input.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            let left = deadline.map(|when| when.saturating_duration_since(Instant::now()));
            // A time beyond what the kernel can count is for ever.
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            match poll(&mut fds, left.as_ref()) {
                Ok(0) => return Ok(false),
                Ok(_) if fds.first().is_some_and(|bell| !bell.revents().is_empty()) => {}
                Ok(_) => return Ok(true),
                Err(Errno::INTR) => {}
                Err(error) => return Err(Ending::io("wait for input")(error.into())),
            }
        }
    }

    /// Sleeps so long, or until a signal comes.
    pub fn sleep(&self, time: Duration) -> Result<(), Ending> {
        self.wait(None, Instant::now().checked_add(time)).map(drop)
    }

    /// Sleeps until `when`, or until a signal comes.
    pub fn sleep_until(&self, when: Instant) -> Result<(), Ending> {
        self.wait(None, Some(when)).map(drop)
    }

    /// Calls `done` from a thread of its own when a signal came.
    pub fn then(&self, done: impl FnOnce() + Send + 'static) {
        let signals = self.clone();
        thread::spawn(move || {
            // It returns when a signal came, and for no other reason that leaves work to do.
            let _ = signals.wait(None, None);
            done();
        });
    }
}
