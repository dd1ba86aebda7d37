//! Where segments begin and the recording ends, by the time of the stream.

use std::time::Duration;

/// What is to be done with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It goes into the segment that there is.
    Write,
    /// It is the first of a new segment.
    Begin,
    /// The recording is over before it.
    End,
}

/// What of a packet decides.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// Decoding time in nanoseconds, or that of presentation.
    pub time: i64,
    pub key: bool,
    /// It has other parameters than the one before, or another publisher.
    pub other: bool,
}

/// Follows the stream. Its time never goes back: where timestamps do, it goes on from where it
/// was.
#[derive(Debug)]
pub struct Plan {
    segment: Option<i64>,
    duration: Option<i64>,
    /// Time of the stream less time of the packet.
    offset: i64,
    /// Time of the packet before.
    last: Option<i64>,
    /// Time of the stream at which the next segment begins.
    boundary: Option<i64>,
}

impl Plan {
    pub fn new(segment: Option<Duration>, duration: Option<Duration>) -> Plan {
        let ns = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let segment = segment.map(ns);
        Plan {
            segment,
            duration: duration.map(ns),
            offset: 0,
            last: None,
            boundary: segment,
        }
    }

    /// The step for the next packet. `open` says that there is a segment.
    pub fn step(&mut self, mark: Mark, open: bool) -> Step {
        let back = self.last.is_some_and(|last| mark.time < last);
        match self.last {
            None => self.offset = mark.time.saturating_neg(),
            // The time between two publishers is not the stream's.
            Some(last) if back || mark.other => {
                self.offset = self.offset.saturating_add(last.saturating_sub(mark.time));
            }
            Some(_) => {}
        }
        self.last = Some(mark.time);
        let now = mark.time.saturating_add(self.offset);
        if self.duration.is_some_and(|duration| now >= duration) {
            return Step::End;
        }
        let due = self.boundary.is_some_and(|boundary| now >= boundary);
        if open && !(mark.key && (due || back || mark.other)) {
            return Step::Write;
        }
        // By the time since the beginning: segments do not drift with the key frames.
        let next = |segment: i64| (now / segment).saturating_add(1).saturating_mul(segment);
        self.boundary = self.segment.map(next);
        Step::Begin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: i64 = 1_000_000_000;

    /// Seconds at which segments begin of a stream of a packet a second, and a key each `gop`.
    fn begins(plan: &mut Plan, times: impl Iterator<Item = i64>, gop: i64) -> Vec<i64> {
        let mut begins = Vec::new();
        for (number, time) in times.enumerate() {
            let mark = Mark {
                time: time * S,
                key: number as i64 % gop == 0,
                other: false,
            };
            match plan.step(mark, !begins.is_empty()) {
                Step::Begin => begins.push(time),
                Step::Write => {}
                Step::End => break,
            }
        }
        begins
    }

    #[test]
    fn segments_begin_with_key_frames_and_do_not_drift() {
        let plan = |segment| Plan::new(Some(Duration::from_secs(segment)), None);
        assert_eq!(begins(&mut plan(10), 100..140, 5), [100, 110, 120, 130]);
        assert_eq!(begins(&mut plan(10), 0..61, 4), [0, 12, 20, 32, 40, 52, 60]);
        assert_eq!(begins(&mut Plan::new(None, None), 0..50, 5), [0]);
    }

    #[test]
    fn the_end_is_exact_and_needs_no_key_frame() {
        let mut plan = Plan::new(None, Some(Duration::from_secs(7)));
        let mark = |time: i64| Mark {
            time: time * S,
            key: time == 3,
            other: false,
        };
        let steps: Vec<Step> = (3..11)
            .map(|time| plan.step(mark(time), time > 3))
            .collect();
        assert_eq!(steps[0], Step::Begin);
        assert_eq!(steps[1..7], [Step::Write; 6]);
        assert_eq!(steps[7], Step::End);
    }

    #[test]
    fn times_that_begin_anew_begin_a_segment_with_their_key_frame() {
        let mut plan = Plan::new(Some(Duration::from_secs(10)), Some(Duration::from_secs(20)));
        let times = (0..8).chain(0..30);
        // On from 7: the boundary 10 is 3 of the new times, and its key frame is at 4.
        assert_eq!(begins(&mut plan, times, 4), [0, 0, 4]);
        let mut plan = Plan::new(None, None);
        let mark = |time, key, other| Mark { time, key, other };
        assert_eq!(plan.step(mark(5, true, true), false), Step::Begin);
        assert_eq!(plan.step(mark(4, false, false), true), Step::Write);
        assert_eq!(plan.step(mark(9, true, false), true), Step::Write);
        assert_eq!(plan.step(mark(99, true, true), true), Step::Begin);
        assert_eq!(plan.step(mark(i64::MIN, true, false), true), Step::Begin);
        assert_eq!(plan.step(mark(i64::MAX, true, false), true), Step::Write);
    }
}
