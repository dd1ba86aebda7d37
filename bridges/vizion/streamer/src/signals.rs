//! SIGINT and SIGTERM, turned into something to look at and to wait for.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};

use crate::exit::Failure;

/// Catches SIGINT and SIGTERM as long as the daemon runs. The second one ends it at once.
#[derive(Debug)]
pub struct Signals {
    came: Arc<AtomicUsize>,
    /// Has a byte to read as soon as one came; it is never read.
    bell: UnixStream,
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
        Ok(Signals { came, bell })
    }

    /// Can be read as soon as a signal came.
    pub fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }

    /// The signal that came, as the way to end.
    pub fn check(&self) -> Result<(), Failure> {
        match self.came.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Failure::Signal(i32::try_from(signal).unwrap_or(SIGTERM))),
        }
    }
}
