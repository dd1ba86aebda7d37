//! The time that a call of `next` may take.

use std::time::{Duration, Instant};

/// How long a call of `next` may still take.
pub(super) struct Waiting {
    timeout: Option<Duration>,
    deadline: Option<Instant>,
}

impl Waiting {
    pub fn new(timeout: Option<Duration>) -> Self {
        Waiting {
            timeout,
            deadline: None,
        }
    }

    /// What is left; `None` if the time is over.
    pub fn left(&mut self) -> Option<Duration> {
        let Some(timeout) = self.timeout else {
            return Some(Duration::MAX);
        };
        if timeout.is_zero() {
            return None;
        }
        let now = Instant::now();
        let deadline = match self.deadline {
            Some(deadline) => deadline,
            None => match now.checked_add(timeout) {
                Some(deadline) => *self.deadline.insert(deadline),
                // So long that no clock can tell when it is over.
                None => return Some(timeout),
            },
        };
        Some(deadline.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

/// The end of a time-out that begins now; `None` never comes.
pub(super) fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
}
