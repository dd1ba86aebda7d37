//! From the time stamps of an input to those of a stream that goes on without end.

use std::time::Duration;

/// FFmpeg's time base: seconds per unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeBase {
    /// Numerator.
    pub num: i32,
    /// Denominator.
    pub den: i32,
}

/// A picture whose time is so far from where it was expected does not belong to the one before.
const JUMP: i64 = 10_000_000_000;

/// When a picture is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// In nanoseconds; the input's own, unless there was a gap.
    pub pts: Option<i64>,
    /// In nanoseconds, 0 unknown.
    pub duration: i64,
    /// What came before does not lead up to it.
    pub discontinuity: bool,
}

/// Where the stream is.
#[derive(Debug, Default)]
pub struct Timeline {
    /// What is added to the input's times.
    offset: i64,
    /// Where the next picture is expected.
    next: Option<i64>,
    /// The input began anew, so much time after what it had before.
    gap: Option<Duration>,
    /// It did, and its own time is not known yet.
    adrift: bool,
}

impl Timeline {
    /// The input begins anew, `after` what was read of it: the time goes on nevertheless.
    pub fn restart(&mut self, after: Duration) {
        self.gap = Some(after);
    }

    /// The times of a picture whose time is told in units of `base`, and its duration in
    /// nanoseconds. Without a time it follows the one before.
    pub fn place(&mut self, time: Option<i64>, duration: i64, base: TimeBase) -> Times {
        let own = time.and_then(|time| nanoseconds(time, base));
        let gap = self.gap.take();
        if let Some(gap) = gap {
            let gap = i64::try_from(gap.as_nanos()).unwrap_or(i64::MAX);
            self.next = self.next.map(|next| next.saturating_add(gap));
            self.adrift = true;
        }
        if let Some(own) = own.filter(|_| self.adrift) {
            self.offset = self.next.unwrap_or(own).saturating_sub(own);
            self.adrift = false;
        }
        let moved = own.and_then(|own| own.checked_add(self.offset));
        // i64::MIN stands for none.
        let pts = moved.or(self.next).filter(|&pts| pts != i64::MIN);
        let jumped = match (pts, self.next) {
            (Some(pts), Some(next)) => pts.abs_diff(next) > JUMP.unsigned_abs(),
            _ => false,
        };
        if let Some(pts) = pts {
            self.next = Some(pts.saturating_add(duration));
        }
        Times {
            pts,
            duration,
            discontinuity: gap.is_some() || jumped,
        }
    }
}

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

    const MPEG: TimeBase = TimeBase {
        num: 1,
        den: 90_000,
    };
    const MS: i64 = 1_000_000;

    fn times(pts: i64, discontinuity: bool) -> Times {
        Times {
            pts: Some(pts),
            duration: 40 * MS,
            discontinuity,
        }
    }

    #[test]
    fn times_are_the_inputs_own() {
        let mut timeline = Timeline::default();
        assert_eq!(
            timeline.place(Some(126_000), 40 * MS, MPEG),
            times(1400 * MS, false)
        );
        assert_eq!(
            timeline.place(Some(129_600), 40 * MS, MPEG),
            times(1440 * MS, false)
        );
        // Back in time is the input's business as well.
        assert_eq!(
            timeline.place(Some(126_000), 40 * MS, MPEG),
            times(1400 * MS, false)
        );
        assert_eq!(
            nanoseconds(
                1,
                TimeBase {
                    num: 1001,
                    den: 30_000
                }
            ),
            Some(33_366_667)
        );
        assert_eq!(
            nanoseconds(
                -1,
                TimeBase {
                    num: 1001,
                    den: 30_000
                }
            ),
            Some(-33_366_667)
        );
    }

    #[test]
    fn an_input_that_begins_anew_goes_on() {
        let mut timeline = Timeline::default();
        timeline.place(Some(126_000), 40 * MS, MPEG);
        timeline.restart(Duration::ZERO);
        assert_eq!(
            timeline.place(Some(126_000), 40 * MS, MPEG),
            times(1440 * MS, true)
        );
        assert_eq!(
            timeline.place(Some(129_600), 40 * MS, MPEG),
            times(1480 * MS, false)
        );
        timeline.restart(Duration::from_millis(500));
        assert_eq!(
            timeline.place(Some(0), 40 * MS, MPEG),
            times(2020 * MS, true)
        );
    }

    #[test]
    fn an_input_that_begins_without_a_time_goes_on_too() {
        let mut timeline = Timeline::default();
        timeline.place(Some(126_000), 40 * MS, MPEG);
        timeline.restart(Duration::from_millis(100));
        assert_eq!(timeline.place(None, 40 * MS, MPEG), times(1540 * MS, true));
        assert_eq!(
            timeline.place(Some(0), 40 * MS, MPEG),
            times(1580 * MS, false)
        );
        assert_eq!(
            timeline.place(Some(3600), 40 * MS, MPEG),
            times(1620 * MS, false)
        );
    }

    #[test]
    fn a_jump_is_told() {
        let mut timeline = Timeline::default();
        timeline.place(Some(0), 40 * MS, MPEG);
        assert!(
            timeline
                .place(Some(90_000 * 60), 40 * MS, MPEG)
                .discontinuity
        );
        assert!(
            !timeline
                .place(Some(90_000 * 60 + 3600), 40 * MS, MPEG)
                .discontinuity
        );
        assert!(timeline.place(Some(0), 40 * MS, MPEG).discontinuity);
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
        for time in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            for base in [
                MPEG,
                longest,
                TimeBase {
                    num: 1,
                    den: i32::MAX,
                },
            ] {
                let mut timeline = Timeline::default();
                timeline.place(Some(time), time.max(0), base);
                timeline.restart(Duration::MAX);
                timeline.place(Some(time), 0, base);
                timeline.place(Some(time.wrapping_neg()), 0, base);
                timeline.restart(Duration::MAX);
                let last = timeline.place(Some(i64::MAX), i64::MAX, base);
                assert!(last.duration >= 0 && last.pts != Some(i64::MIN));
                Thinner::new(i64::MAX).is_due(last.pts);
            }
        }
        assert_eq!(nanoseconds(i64::MAX, longest), None);
        let mut timeline = Timeline::default();
        assert_eq!(timeline.place(None, 40 * MS, MPEG).pts, None);
        timeline.place(Some(0), 40 * MS, MPEG);
        // The last ones of some files have none.
        assert_eq!(timeline.place(None, 40 * MS, MPEG), times(40 * MS, false));
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
