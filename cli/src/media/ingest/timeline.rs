//! From the time stamps of an input to those of a stream that goes on without end.

use std::time::Duration;

use super::clock::{JUMP, TimeBase, nanoseconds};

#[cfg(test)]
mod tests;

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
