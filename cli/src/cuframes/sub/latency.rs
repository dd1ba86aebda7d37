//! From published to read: percentiles of any number of times in little memory.

/// Steps of each power of two: values are exact to 1/16.
const STEPS: u32 = 16;
const BUCKETS: usize = (64 * STEPS) as usize;

/// Counts times in nanoseconds.
#[derive(Clone, Debug)]
pub struct Latency {
    counts: Vec<u64>,
    total: u64,
    largest: u64,
}

impl Latency {
    /// Nothing counted.
    pub fn new() -> Latency {
        Latency {
            counts: vec![0; BUCKETS],
            total: 0,
            largest: 0,
        }
    }

    /// Counts one.
    pub fn count(&mut self, ns: u64) {
        if let Some(count) = self.counts.get_mut(bucket(ns)) {
            *count += 1;
        }
        self.total += 1;
        self.largest = self.largest.max(ns);
    }

    /// The time, in microseconds, within which `share` of 100 are; `None` of nothing.
    pub fn percentile_us(&self, share: u64) -> Option<f64> {
        let wanted = (self.total * share).div_ceil(100).max(1);
        let mut seen = 0;
        let within = self.counts.iter().position(|count| {
            seen += count;
            seen >= wanted
        })?;
        Some(microseconds(highest(within).min(self.largest)))
    }

    /// The longest, in microseconds.
    pub fn largest_us(&self) -> Option<f64> {
        (self.total != 0).then(|| microseconds(self.largest))
    }
}

fn microseconds(ns: u64) -> f64 {
    (ns as f64 / 100.0).round() / 10.0
}

fn bucket(ns: u64) -> usize {
    let power = ns.max(1).ilog2();
    let steps = STEPS.ilog2();
    match power.checked_sub(steps) {
        None => ns as usize,
        Some(shift) => ((shift + 1) * STEPS) as usize + (ns >> shift) as usize - STEPS as usize,
    }
}

/// The largest time of a bucket.
fn highest(bucket: usize) -> u64 {
    let (group, step) = (bucket as u32 / STEPS, bucket as u64 % u64::from(STEPS));
    match group.checked_sub(1) {
        None => step,
        Some(shift) => ((step + u64::from(STEPS) + 1) << shift) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_gaps() {
        for ns in (0..100_000).chain([1 << 40, u64::MAX / 2]) {
            let at = bucket(ns);
            assert!(highest(at) >= ns, "{ns}");
            assert!(at == 0 || highest(at - 1) < ns, "{ns}");
            assert!((highest(at) - ns) as f64 <= ns as f64 / 16.0, "{ns}");
        }
        assert!(bucket(u64::MAX) < BUCKETS);
    }

    #[test]
    fn percentiles() {
        let mut latency = Latency::new();
        assert_eq!(latency.percentile_us(50), None);
        assert_eq!(latency.largest_us(), None);
        for _ in 0..99 {
            latency.count(1000);
        }
        latency.count(1_000_000);
        assert_eq!(latency.percentile_us(50), Some(1.0));
        assert_eq!(latency.percentile_us(99), Some(1.0));
        assert_eq!(latency.percentile_us(100), Some(1000.0));
        assert_eq!(latency.largest_us(), Some(1000.0));
    }
}
