//! Showing pictures at the speed of their time stamps.

use std::time::{Duration, Instant};

use cuframes_cli::exit::Failure;
use cuframes_cli::signals::Signals;

/// When the stream was where.
#[derive(Debug)]
pub struct Pace {
    realtime: bool,
    begin: Option<(Instant, i64)>,
}

impl Pace {
    /// Waits for nothing, unless it is `realtime`.
    pub fn new(realtime: bool) -> Pace {
        Pace {
            realtime,
            begin: None,
        }
    }

    /// Sleeps until it is time for the picture; one that `jumped` is due at once.
    pub fn wait(
        &mut self,
        pts: Option<i64>,
        jumped: bool,
        signals: &Signals,
    ) -> Result<(), Failure> {
        let Some(pts) = pts.filter(|_| self.realtime) else {
            return signals.check();
        };
        let (start, first) = match self.begin {
            Some(begin) if !jumped => begin,
            _ => *self.begin.insert((Instant::now(), pts)),
        };
        let since = u64::try_from(pts.saturating_sub(first)).unwrap_or(0);
        match start.checked_add(Duration::from_nanos(since)) {
            Some(due) => signals.sleep_until(due),
            None => signals.check(),
        }
    }
}
