//! SIGINT and SIGTERM, turned into something to look at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::exit::Failure;

/// Catches SIGINT and SIGTERM as long as the program runs. The second one ends it at once.
#[derive(Debug)]
pub struct Signals(Arc<AtomicUsize>);

impl Signals {
    /// Starts to catch.
    pub fn catch() -> Result<Signals, Failure> {
        let failed = || Failure::io("catch signals");
        let came = Arc::new(AtomicUsize::new(0));
        let again = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_usize(signal, Arc::clone(&came), signal as usize).map_err(failed())?;
            flag::register_conditional_default(signal, Arc::clone(&again)).map_err(failed())?;
            flag::register(signal, Arc::clone(&again)).map_err(failed())?;
        }
        Ok(Signals(came))
    }

    /// The signal that came, as the way to end.
    pub fn check(&self) -> Result<(), Failure> {
        match self.0.load(Ordering::Relaxed) {
            0 => Ok(()),
            signal => Err(Failure::Signal(i32::try_from(signal).unwrap_or(SIGTERM))),
        }
    }
}
