//! When each frame is due, and its presentation time.

use std::time::{Duration, Instant};

use cuframes_cli::args::Ratio;
use program::ending::Ending;
use program::signals::Signals;

/// Counts time in frames.
#[derive(Debug)]
pub struct Clock {
    fps: Ratio,
    /// When frame 0 was due; `None` if frames are not waited for.
    started: Option<Instant>,
}

impl Clock {
    /// Starts now. Without `realtime` every frame is due at once.
    pub fn new(fps: Ratio, realtime: bool) -> Clock {
        Clock {
            fps,
            started: realtime.then(Instant::now),
        }
    }

    /// The nanoseconds from frame 0 to frame `number`, rounded to the nearest.
    pub fn pts(&self, number: u64) -> i64 {
        let (num, den) = (u128::from(self.fps.num), u128::from(self.fps.den));
        let exact = u128::from(number) * den * 1_000_000_000;
        i64::try_from((exact + num / 2) / num).unwrap_or(i64::MAX)
    }

    /// Sleeps until frame `number` is due.
    pub fn wait_for(&self, number: u64, signals: &Signals) -> Result<(), Ending> {
        let since = Duration::from_nanos(self.pts(number).unsigned_abs());
        let due = self.started.and_then(|start| start.checked_add(since));
        match due {
            Some(due) => signals.sleep_until(due),
            None => signals.check(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(num: u32, den: u32) -> Clock {
        Clock::new(Ratio { num, den }, false)
    }

    #[test]
    fn times_do_not_drift() {
        let ntsc = clock(30_000, 1001);
        assert_eq!(ntsc.pts(1), 33_366_667);
        assert_eq!(ntsc.pts(30_000), 1_001_000_000_000);
        assert_eq!(clock(25, 1).pts(3), 120_000_000);
        assert_eq!(clock(1, 1).pts(u64::MAX), i64::MAX);
    }
}
