//! Timestamps as muxers take them: from 0 on, and decoding times that always rise.

/// Units of a second: MPEG's clock, in which frame rates and RTP times are whole.
pub const CLOCK: i32 = 90_000;

/// Times of a packet in units of [`CLOCK`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub pts: i64,
    pub dts: i64,
    pub duration: i64,
}

/// Times of one segment.
#[derive(Debug)]
pub struct Stamps {
    /// Nanoseconds that are 0.
    origin: i64,
    last: Option<i64>,
}

impl Stamps {
    /// The segment begins with a packet of this decoding time.
    pub fn new(origin: i64) -> Stamps {
        Stamps { origin, last: None }
    }

    /// The next packet's, from nanoseconds. `time` is its decoding time if there is one.
    pub fn next(&mut self, time: i64, pts: Option<i64>, duration: i64) -> Stamp {
        let mut dts = ticks(time.saturating_sub(self.origin));
        if let Some(last) = self.last.filter(|&last| dts <= last) {
            // A time that runs backwards, or does not move at all: on from the one before.
            let ahead = last + 1 - dts;
            self.origin = self.origin.saturating_sub(nanoseconds(ahead));
            dts = last + 1;
        }
        self.last = Some(dts);
        let pts = pts.map_or(dts, |pts| ticks(pts.saturating_sub(self.origin)));
        Stamp {
            pts: pts.max(dts),
            dts,
            duration: ticks(duration),
        }
    }
}

fn ticks(ns: i64) -> i64 {
    let scaled = i128::from(ns) * i128::from(CLOCK);
    let rounded = (scaled + 500_000_000).div_euclid(1_000_000_000);
    i64::try_from(rounded).unwrap_or(i64::MAX)
}

fn nanoseconds(ticks: i64) -> i64 {
    let ns = i128::from(ticks) * 1_000_000_000 / i128::from(CLOCK);
    i64::try_from(ns).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_every_rate_come_back() {
        for frame in [3600, 3003, 1500, 1501, 90_000, 1] {
            // As a publisher has them, cut off to whole nanoseconds.
            let ns = |number: i64| 7_000_000_123 + frame * number * 1_000_000_000 / 90_000;
            let mut stamps = Stamps::new(ns(0));
            for number in 0..2000 {
                let stamp = stamps.next(ns(number), Some(ns(number + 2)), ns(1) - ns(0));
                assert_eq!(stamp.dts, frame * number);
                assert_eq!(stamp.pts, frame * (number + 2));
            }
        }
    }

    #[test]
    fn times_always_rise() {
        let mut stamps = Stamps::new(100 * 1_000_000_000);
        let mut next = |seconds: i64| {
            let time = seconds * 1_000_000_000;
            let stamp = stamps.next(time, Some(time), 0);
            assert!(stamp.pts >= stamp.dts);
            stamp.dts
        };
        assert_eq!(next(100), 0);
        assert_eq!(next(101), 90_000);
        assert_eq!(next(101), 90_001);
        // Back to another beginning, and on from there.
        assert_eq!(next(5), 90_002);
        assert_eq!(next(6), 180_002);
        let mut stamps = Stamps::new(i64::MIN);
        let first = stamps.next(i64::MIN, None, 0).dts;
        let second = stamps.next(i64::MIN, Some(i64::MIN), i64::MAX);
        assert!(second.dts > first && second.pts >= second.dts);
        assert!(stamps.next(i64::MAX, Some(i64::MAX), 0).dts > second.dts);
    }
}
