//! From the time stamps of an input to those of a stream that goes on without end.

use std::time::Duration;

use super::clock::{JUMP, TimeBase, nanoseconds};

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

/// When a packet is decoded, and what it decodes to is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketTimes {
    /// In nanoseconds; as the input has it, unless there was a gap.
    pub pts: Option<i64>,
    /// In nanoseconds; as the input has it, unless there was a gap.
    pub dts: Option<i64>,
    /// In nanoseconds, 0 unknown.
    pub duration: i64,
}

/// Where the stream is. Packets and the pictures in them have one clock.
#[derive(Debug, Default)]
pub struct Timeline {
    /// What is added to the input's times.
    offset: i64,
    /// After so much time the input counts from the beginning.
    period: Option<i64>,
    /// Where the next picture is expected.
    next: Option<i64>,
    /// When the packet before was decoded.
    decoded: Option<i64>,
    /// Where the pictures of all packets end.
    end: Option<i64>,
    /// The input began anew, so much time after what it had before.
    gap: Option<Duration>,
    /// Pictures that may be shown later than they are decoded.
    delay: i64,
    /// How long the packets take that had no time since it did.
    timeless: i64,
    /// It did, and its own time is not known yet.
    adrift: bool,
    /// It did, and no picture of it was shown yet.
    anew: bool,
}

impl Timeline {
    /// The input begins anew, `after` what was read of it: the time goes on nevertheless.
    pub fn restart(&mut self, after: Duration) {
        self.gap = Some(self.gap.unwrap_or_default().saturating_add(after));
    }

    /// Its times are of so many bits, in units of `base`, and so many pictures wait for others to
    /// be shown.
    pub fn count_in(&mut self, bits: u32, base: TimeBase, delay: u32) {
        self.delay = i64::from(delay);
        let period = (16..63).contains(&bits).then(|| 1_i64 << bits);
        self.period = period.and_then(|period| nanoseconds(period, base));
    }

    /// The times of a picture whose time is told in units of `base`, and its duration in
    /// nanoseconds. Without a time it follows the one before.
    pub fn place(&mut self, time: Option<i64>, duration: i64, base: TimeBase) -> Times {
        let own = time.and_then(|time| nanoseconds(time, base));
        self.begin();
        self.settle(own);
        let moved = own.and_then(|own| self.moved(own, self.next));
        // i64::MIN stands for none.
        let pts = moved.or(self.next).filter(|&pts| pts != i64::MIN);
        let jumped = is_jump(pts, self.next);
        if let Some(pts) = pts {
            self.next = Some(pts.saturating_add(duration));
        }
        Times {
            pts,
            duration,
            discontinuity: std::mem::take(&mut self.anew) || jumped,
        }
    }

    /// The times of a packet, told in units of `base`, and its duration in nanoseconds.
    pub fn place_packet(
        &mut self,
        pts: Option<i64>,
        dts: Option<i64>,
        duration: i64,
        base: TimeBase,
    ) -> PacketTimes {
        let own = |time: Option<i64>| time.and_then(|time| nanoseconds(time, base));
        let (pts, dts) = (own(pts), own(dts));
        self.begin();
        match self.timeless {
            0 => self.settle(pts.or(dts)),
            // The first pictures have no time. Theirs end before that of any other.
            before => {
                let delay = self.delay.saturating_mul(duration);
                let first = dts.or(pts.map(|pts| pts.saturating_sub(delay)));
                self.settle(first.map(|first| first.saturating_sub(before)));
            }
        }
        if self.adrift {
            self.timeless = self.timeless.saturating_add(duration);
        }
        let some = |time: &i64| *time != i64::MIN;
        let dts = dts
            .and_then(|dts| self.moved(dts, self.decoded))
            .filter(some);
        let near = dts.or(self.decoded);
        let pts = pts.and_then(|pts| self.moved(pts, near)).filter(some);
        let now = dts.or(pts);
        let end = pts.or(dts).map(|begin| begin.saturating_add(duration));
        self.end = match is_jump(now, self.decoded) {
            true => end,
            false => self.end.max(end),
        };
        self.decoded = now.or(self.decoded);
        PacketTimes { pts, dts, duration }
    }

    /// Begins anew, if the input does.
    fn begin(&mut self) {
        if let Some(gap) = self.gap.take() {
            let gap = i64::try_from(gap.as_nanos()).unwrap_or(i64::MAX);
            let end = self.next.max(self.end);
            self.next = end.map(|end| end.saturating_add(gap));
            (self.adrift, self.anew) = (true, true);
            (self.decoded, self.end, self.timeless) = (None, None, 0);
        }
    }

    /// Finds out what to add, where the input began anew and has a time of its `own`.
    fn settle(&mut self, own: Option<i64>) {
        if let Some(own) = own.filter(|_| self.adrift) {
            self.offset = self.next.unwrap_or(own).saturating_sub(own);
            self.adrift = false;
        }
    }

    /// A time of the input's in the stream. One that is a whole period off has only begun to
    /// count anew.
    fn moved(&self, own: i64, expected: Option<i64>) -> Option<i64> {
        let moved = own.checked_add(self.offset)?;
        let (Some(expected), Some(period)) = (expected, self.period) else {
            return Some(moved);
        };
        let away = i128::from(expected) - i128::from(moved);
        let period = i128::from(period);
        let whole = (away + period / 2).div_euclid(period);
        let unwrapped = i64::try_from(i128::from(moved) + whole * period).ok();
        let near = unwrapped.filter(|&time| whole != 0 && !is_jump(Some(time), Some(expected)));
        near.or(Some(moved))
    }
}

fn is_jump(time: Option<i64>, expected: Option<i64>) -> bool {
    let pair = time.zip(expected);
    pair.is_some_and(|(time, expected)| time.abs_diff(expected) > JUMP.unsigned_abs())
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

    fn packet(pts: i64, dts: i64) -> PacketTimes {
        PacketTimes {
            pts: Some(pts),
            dts: Some(dts),
            duration: 40 * MS,
        }
    }

    #[test]
    fn times_are_the_inputs_own() {
        let mut timeline = Timeline::default();
        let mut place = |time| timeline.place(Some(time), 40 * MS, MPEG);
        assert_eq!(place(126_000), times(1400 * MS, false));
        assert_eq!(place(129_600), times(1440 * MS, false));
        // Back in time is the input's business as well.
        assert_eq!(place(126_000), times(1400 * MS, false));
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
        // Tried twice.
        timeline.restart(Duration::from_millis(200));
        timeline.restart(Duration::from_millis(300));
        assert_eq!(
            timeline.place(Some(0), 40 * MS, MPEG),
            times(2020 * MS, true)
        );
    }

    #[test]
    fn packets_and_pictures_have_one_clock() {
        let mut timeline = Timeline::default();
        let mut place = |pts, dts| timeline.place_packet(Some(pts), Some(dts), 40 * MS, MPEG);
        assert_eq!(place(0, -7200), packet(0, -80 * MS));
        assert_eq!(place(7200, -3600), packet(80 * MS, -40 * MS));
        assert_eq!(place(3600, 0), packet(40 * MS, 0));
        assert_eq!(timeline.place(Some(0), 40 * MS, MPEG), times(0, false));
        // The rest is never decoded, and nevertheless the next one begins behind it.
        timeline.restart(Duration::ZERO);
        let mut place = |pts, dts| timeline.place_packet(Some(pts), Some(dts), 40 * MS, MPEG);
        assert_eq!(place(0, -7200), packet(120 * MS, 40 * MS));
        assert_eq!(
            timeline.place(Some(0), 40 * MS, MPEG),
            times(120 * MS, true)
        );
        let none = timeline.place_packet(None, None, 0, MPEG);
        assert_eq!((none.pts, none.dts), (None, None));
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
    fn packets_that_begin_without_a_time_leave_room_for_it() {
        let mut timeline = Timeline::default();
        timeline.count_in(0, MPEG, 2);
        timeline.place(Some(126_000), 40 * MS, MPEG);
        timeline.restart(Duration::ZERO);
        let none = timeline.place_packet(None, None, 40 * MS, MPEG);
        assert_eq!((none.pts, none.dts), (None, None));
        // It is shown after two that are decoded after it.
        let last = timeline.place_packet(Some(7200), None, 40 * MS, MPEG);
        assert_eq!(last.pts, Some(1560 * MS));
        let first = timeline.place_packet(Some(0), None, 40 * MS, MPEG);
        assert_eq!(first.pts, Some(1480 * MS));
        assert_eq!(timeline.place(None, 40 * MS, MPEG), times(1440 * MS, true));
        assert_eq!(
            timeline.place(Some(0), 40 * MS, MPEG),
            times(1480 * MS, false)
        );
    }

    #[test]
    fn times_that_count_from_the_beginning_go_on() {
        const BITS: u32 = 33;
        let period = 1 << BITS;
        let mut timeline = Timeline::default();
        timeline.count_in(BITS, MPEG, 0);
        let last = period - 3600;
        let begin = nanoseconds(last, MPEG).expect("a time");
        for turn in 0..3 {
            let turns = nanoseconds(turn * period, MPEG).expect("a time");
            timeline.next = Some(begin + turns);
            timeline.decoded = Some(begin + turns);
            let before = timeline.place(Some(last), 40 * MS, MPEG);
            assert_eq!(before.pts.map(|pts| pts - begin - turns), Some(0));
            // The packet wraps before its picture does.
            let packet = timeline.place_packet(Some(3600), Some(0), 40 * MS, MPEG);
            assert_eq!(packet.dts.map(|dts| dts - begin - turns), Some(40 * MS));
            assert_eq!(packet.pts.map(|pts| pts - begin - turns), Some(80 * MS));
            let after = timeline.place(Some(0), 40 * MS, MPEG);
            assert_eq!(after.pts.map(|pts| pts - begin - turns), Some(40 * MS));
            assert!(!after.discontinuity);
        }
        // Half a day back is no wrap.
        assert!(timeline.place(Some(period / 2), 0, MPEG).discontinuity);
    }

    #[test]
    fn a_jump_is_told() {
        let mut timeline = Timeline::default();
        let mut jumps = |time| timeline.place(Some(time), 40 * MS, MPEG).discontinuity;
        assert!(!jumps(0));
        assert!(jumps(90_000 * 60));
        assert!(!jumps(90_000 * 60 + 3600));
        assert!(jumps(0));
    }

    #[test]
    fn no_time_is_too_large() {
        let longest = TimeBase {
            num: i32::MAX,
            den: 1,
        };
        let finest = TimeBase {
            num: 1,
            den: i32::MAX,
        };
        for time in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX] {
            for (base, bits) in [(MPEG, 33), (longest, 64), (finest, 1), (finest, 63)] {
                let mut timeline = Timeline::default();
                timeline.count_in(bits, base, 16);
                timeline.place(Some(time), time.max(0), base);
                timeline.place_packet(Some(time), Some(time.wrapping_neg()), time.max(0), base);
                timeline.restart(Duration::MAX);
                timeline.place(Some(time), 0, base);
                timeline.place_packet(None, Some(time), i64::MAX, base);
                timeline.restart(Duration::MAX);
                timeline.restart(Duration::MAX);
                let last = timeline.place(Some(i64::MAX), i64::MAX, base);
                assert!(last.duration >= 0 && last.pts != Some(i64::MIN));
                super::super::clock::Thinner::new(i64::MAX).is_due(last.pts);
            }
        }
        let mut timeline = Timeline::default();
        assert_eq!(timeline.place(None, 40 * MS, MPEG).pts, None);
        timeline.place(Some(0), 40 * MS, MPEG);
        // The last ones of some files have none.
        assert_eq!(timeline.place(None, 40 * MS, MPEG), times(40 * MS, false));
    }
}
