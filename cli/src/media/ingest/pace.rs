//! Showing pictures at the speed of their time stamps.

use std::time::{Duration, Instant};

use program::ending::Ending;

use super::watch::Watch;

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
    pub fn wait(&mut self, pts: Option<i64>, jumped: bool, watch: &Watch) -> Result<(), Ending> {
        let Some(pts) = pts.filter(|_| self.realtime) else {
            return watch.check();
        };
        let (start, first) = match self.begin {
            Some(begin) if !jumped => begin,
            _ => *self.begin.insert((Instant::now(), pts)),
        };
        let since = u64::try_from(pts.saturating_sub(first)).unwrap_or(0);
        match start.checked_add(Duration::from_nanos(since)) {
            Some(due) => watch.sleep_until(due),
            None => watch.check(),
        }
    }
}
