//! Times of a machine's own clock by the clock that others know.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// Two looks at two clocks are never at the same moment: as long as the difference changes by less,
/// it is not the clock that was set.
const TOLERANCE_NS: u64 = 1_000_000;

/// How far CLOCK_REALTIME is ahead of CLOCK_MONOTONIC. It stays the same while nobody sets the
/// clock, so that every consumer is told the same time of a frame.
#[derive(Debug)]
pub struct RealTime {
    ahead: AtomicI64,
}

impl Default for RealTime {
    fn default() -> RealTime {
        RealTime::new()
    }
}

impl RealTime {
    /// As it is now.
    #[must_use]
    pub fn new() -> RealTime {
        RealTime {
            ahead: AtomicI64::new(ahead()),
        }
    }

    /// CLOCK_REALTIME now, in nanoseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.of(monotonic_ns())
    }

    /// A time of CLOCK_MONOTONIC as one of CLOCK_REALTIME, in nanoseconds.
    pub fn of(&self, monotonic_ns: u64) -> i64 {
        let now = ahead();
        let known = self.ahead.load(Ordering::Relaxed);
        let ahead = match now.abs_diff(known) {
            ..=TOLERANCE_NS => known,
            _ => {
                self.ahead.store(now, Ordering::Relaxed);
                now
            }
        };
        ahead.saturating_add_unsigned(monotonic_ns)
    }
}

fn ahead() -> i64 {
    let real = SystemTime::now().duration_since(UNIX_EPOCH);
    let real = real.map_or(0, |since| {
        i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
    });
    real.saturating_sub_unsigned(monotonic_ns())
}

/// Nanoseconds of CLOCK_MONOTONIC.
fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    // It begins at 0.
    (now.tv_sec as u64).saturating_mul(1_000_000_000) + now.tv_nsec as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_one_time_and_it_is_that_of_the_wall() {
        let clock = RealTime::new();
        let published = monotonic_ns();
        let first = clock.of(published);
        assert_eq!(clock.of(published), first);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let wall = wall.expect("after 1970").as_nanos() as i64;
        assert!((wall - first).abs() < 60_000_000_000, "{wall} {first}");
        assert_eq!(clock.of(published + 5), first + 5);
    }

    #[test]
    fn a_clock_that_is_set_is_followed() {
        let clock = RealTime {
            ahead: AtomicI64::new(5),
        };
        assert!(clock.of(0) > 1_000_000_000_000_000_000);
    }
}
