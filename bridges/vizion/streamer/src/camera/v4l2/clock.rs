//! When a picture was taken, as its buffer tells it.

use crate::clock::{realtime_ns, realtime_of};

/// `V4L2_BUF_FLAG_TIMESTAMP_MASK` and `V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`.
const CLOCK_MASK: u32 = 0xe000;
const CLOCK_MONOTONIC: u32 = 0x2000;

/// The time of a buffer with these flags. One on a clock that the driver does not name was taken
/// now, as far as anybody knows.
pub fn taken(flags: u32, timestamp_ns: u64) -> u64 {
    match flags & CLOCK_MASK {
        CLOCK_MONOTONIC => realtime_of(timestamp_ns),
        _ => realtime_ns(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_an_unknown_clock_is_now() {
        let before = realtime_ns();
        let taken = taken(0, 1);
        assert!((before..=realtime_ns()).contains(&taken));
    }
}
