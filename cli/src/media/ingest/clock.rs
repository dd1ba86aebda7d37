//! Units of time, and which pictures are due.

/// FFmpeg's time base: seconds per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBase {
    /// Numerator.
    pub num: i32,
    /// Denominator.
    pub den: i32,
}

/// Times that are so far apart do not belong together.
pub const JUMP: i64 = 10_000_000_000;

/// In nanoseconds, to the nearest; `None` where that is no time.
pub fn nanoseconds(time: i64, base: TimeBase) -> Option<i64> {
    if base.num <= 0 || base.den <= 0 {
        return None;
    }
    let (num, den) = (i128::from(base.num), i128::from(base.den));
    // 2^63 * 2^31 * 2^30 is less than 2^127.
    let exact = i128::from(time) * num * 1_000_000_000;
    let half = if exact < 0 { -den / 2 } else { den / 2 };
    i64::try_from((exact + half) / den).ok()
}

/// Lets through at most so many pictures a second.
#[derive(Debug)]
pub struct Thinner {
    interval: i64,
    due: Option<i64>,
}

impl Thinner {
    /// One picture each `interval` nanoseconds.
    pub fn new(interval: i64) -> Thinner {
        Thinner {
            interval,
            due: None,
        }
    }

    /// Whether the picture of this time is due. One without a time always is.
    pub fn is_due(&mut self, pts: Option<i64>) -> bool {
        let Some(pts) = pts else {
            return true;
        };
        // Times are rounded: a picture that is a little early is in time.
        let early = self.interval / 8;
        match self.due {
            Some(due)
                if pts < due.saturating_sub(early) && due.abs_diff(pts) < JUMP.unsigned_abs() =>
            {
                false
            }
            Some(due) if pts.abs_diff(due) < self.interval.unsigned_abs() => {
                self.due = Some(due.saturating_add(self.interval));
                true
            }
            _ => {
                self.due = Some(pts.saturating_add(self.interval));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_to_the_nearest() {
        let base = TimeBase {
            num: 1001,
            den: 30_000,
        };
        assert_eq!(nanoseconds(1, base), Some(33_366_667));
        assert_eq!(nanoseconds(-1, base), Some(-33_366_667));
    }

    #[test]
    fn times_that_make_no_sense_are_none() {
        let wrong = [(0, 1), (1, 0), (-1, 90_000), (1, -1), (i32::MIN, i32::MIN)];
        for (num, den) in wrong {
            assert_eq!(nanoseconds(5, TimeBase { num, den }), None);
        }
        let longest = TimeBase {
            num: i32::MAX,
            den: 1,
        };
        assert_eq!(nanoseconds(i64::MAX, longest), None);
    }

    #[test]
    fn thinning_keeps_the_rate() {
        let count = |fps: i64, from: i64| {
            let mut thinner = Thinner::new(1_000_000_000 / fps);
            (0..from)
                .filter(|i| thinner.is_due(Some(i * 1_000_000_000 / from)))
                .count()
        };
        assert_eq!(count(25, 25), 25);
        assert_eq!(count(5, 25), 5);
        assert_eq!(count(12, 25), 12);
        assert_eq!(count(50, 25), 25);
    }
}
