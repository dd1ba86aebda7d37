//! The clock of the frames' timestamps.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

/// CLOCK_REALTIME in nanoseconds.
pub fn realtime_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, nanoseconds)
}

/// A time of CLOCK_MONOTONIC, on that clock. What is still to come is now.
pub fn realtime_of(monotonic_ns: u64) -> u64 {
    let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    moved(monotonic_ns, nanoseconds(now), realtime_ns())
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn moved(monotonic_ns: u64, monotonic_now: u64, now: u64) -> u64 {
    now.saturating_sub(monotonic_now.saturating_sub(monotonic_ns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_as_long_ago_on_both_clocks() {
        assert_eq!(moved(900, 1000, 5000), 4900);
        assert_eq!(moved(1000, 1000, 5000), 5000);
        assert_eq!(moved(1001, 1000, 5000), 5000, "not in the future");
        assert_eq!(moved(0, u64::MAX, 5000), 0, "no overflow");
    }
}
