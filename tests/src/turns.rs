//! The turns of a campaign: a stated number, or as many as there is time for.

use std::time::{Duration, Instant};

/// Names the seconds that each campaign may take on a machine that is lent for a while.
const SECONDS: &str = "CUFRAMES_SECONDS";

/// Turns that are counted, and end early if the time that the environment allows is over.
#[derive(Debug)]
pub struct Turns {
    wanted: u64,
    taken: u64,
    until: Option<Instant>,
}

impl Turns {
    /// So many, of which the time begins now.
    ///
    /// # Panics
    /// If the environment allows a time that is none.
    #[must_use]
    pub fn new(wanted: u64) -> Self {
        let allowed = std::env::var(SECONDS).ok();
        let seconds = allowed.map(|text| text.parse().expect("CUFRAMES_SECONDS is a number"));
        Turns::within(wanted, seconds.map(Duration::from_secs))
    }

    fn within(wanted: u64, limit: Option<Duration>) -> Self {
        Turns {
            wanted,
            taken: 0,
            until: limit.map(|limit| Instant::now() + limit),
        }
    }

    /// How many of at most `most` are to be taken now: 0 at the end. The first are always.
    pub fn take(&mut self, most: u64) -> u64 {
        let over = self.until.is_some_and(|until| Instant::now() >= until);
        let some = match over && self.taken > 0 {
            true => 0,
            false => most.min(self.wanted - self.taken),
        };
        self.taken += some;
        some
    }

    /// How many were taken.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_limit_all_are_taken() {
        let mut turns = Turns::within(25, None);
        let taken: Vec<_> = std::iter::from_fn(|| Some(turns.take(10)))
            .take(4)
            .collect();
        assert_eq!((taken, turns.taken()), (vec![10, 10, 5, 0], 25));
    }

    #[test]
    fn when_the_time_is_over_only_the_first_are_taken() {
        let mut turns = Turns::within(25, Some(Duration::ZERO));
        assert_eq!((turns.take(10), turns.take(10), turns.taken()), (10, 0, 10));
    }
}
