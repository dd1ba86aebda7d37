//! The times of frames in the pipeline.

/// Frames further apart than this are not of one recording: the camera or its clock started anew.
const GAP_NS: i64 = 10_000_000_000;

/// Beyond this, a frame is ahead since the clock stood still, and not since it came early.
const AHEAD_NS: u64 = 100_000_000;

/// Turns the times that frames have on the camera's clock into those of the pipeline, which rise
/// always.
#[derive(Debug)]
pub struct Timeline {
    interval_ns: u64,
    /// Frames may be so far ahead of the pipeline's clock.
    ahead_ns: u64,
    /// The last frame's time at the camera, and in the pipeline.
    last: Option<(i64, u64)>,
}

impl Timeline {
    /// For frames that come every `interval_ns`.
    pub fn new(interval_ns: u64) -> Timeline {
        Timeline {
            interval_ns,
            ahead_ns: u64::MAX,
            last: None,
        }
    }

    /// The same for a pipeline that others pause: its clock stands still meanwhile, and the camera's
    /// does not.
    pub fn of_a_clock_that_pauses(interval_ns: u64) -> Timeline {
        Timeline {
            ahead_ns: AHEAD_NS,
            ..Timeline::new(interval_ns)
        }
    }

    /// The time in the pipeline of a frame of `camera_ns`. The first one is at `now`, which is what
    /// the pipeline's clock says.
    pub fn place(&mut self, camera_ns: i64, now: u64) -> u64 {
        let at = match self.last {
            None => now,
            Some((before_ns, before)) => {
                let passed = camera_ns.saturating_sub(before_ns);
                match u64::try_from(passed) {
                    Ok(passed) if (1..GAP_NS as u64).contains(&passed) => {
                        let at = before + passed;
                        match at > now.saturating_add(self.ahead_ns) {
                            true => now.max(before + 1),
                            false => at,
                        }
                    }
                    _ => now.max(before + self.interval_ns),
                }
            }
        };
        self.last = Some((camera_ns, at));
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cameras_distances_stay() {
        let mut timeline = Timeline::new(10);
        assert_eq!(timeline.place(1_000, 7), 7);
        assert_eq!(timeline.place(1_033, 50), 40);
        assert_eq!(timeline.place(1_034, 50), 41);
    }

    #[test]
    fn a_pause_of_the_pipeline_delays_nothing() {
        let second = 1_000_000_000;
        let mut timeline = Timeline::of_a_clock_that_pauses(10);
        assert_eq!(timeline.place(0, 50), 50);
        // The clock stands at 60 meanwhile.
        assert_eq!(timeline.place(second, 60), 60);
        assert_eq!(timeline.place(2 * second, 60), 61);
        assert_eq!(timeline.place(2 * second + 40, 90), 101);
    }

    #[test]
    fn time_never_stands_still_or_goes_back() {
        let mut timeline = Timeline::new(10);
        assert_eq!(timeline.place(1_000, 0), 0);
        // The same time again, and a camera that started anew.
        assert_eq!(timeline.place(1_000, 5), 10);
        assert_eq!(timeline.place(3, 100), 100);
        assert_eq!(timeline.place(5, 100), 102);
        // A clock that was set.
        assert_eq!(timeline.place(i64::MAX, 110), 112);
        assert_eq!(timeline.place(i64::MIN, 500), 500);
    }
}
