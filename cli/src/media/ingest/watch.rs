//! How long the input may keep us waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use program::ending::Ending;
use program::signals::Signals;

use super::service::Pulse;

/// Looked at while FFmpeg waits.
#[derive(Clone, Debug)]
pub struct Watch {
    signals: Signals,
    pulse: Pulse,
    limit: Option<Duration>,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Watch {
    /// Gives up when a signal comes, and after `limit` of silence.
    pub fn new(signals: Signals, pulse: Pulse, limit: Option<Duration>) -> Watch {
        Watch {
            signals,
            pulse,
            limit,
            deadline: Arc::default(),
        }
    }

    /// Something came, or begins: the time runs anew.
    pub fn begin(&self) {
        self.pulse.beat();
        let deadline = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit));
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// Does something that may take long on purpose.
    pub fn rest<R>(&self, wait: impl FnOnce(&Signals) -> R) -> R {
        self.pulse.rest();
        let done = wait(&self.signals);
        self.pulse.beat();
        done
    }

    /// Sleeps until `when`, or until a signal comes.
    pub fn sleep_until(&self, when: Instant) -> Result<(), Ending> {
        self.rest(|signals| signals.sleep_until(when))
    }

    /// The signal that came, as the way to end.
    pub fn check(&self) -> Result<(), Ending> {
        self.signals.check()
    }

    /// The longest silence.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Whether it is time to give up.
    pub fn is_over(&self) -> bool {
        self.pulse.beat();
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        self.signals.check().is_err() || deadline.is_some_and(|when| Instant::now() >= when)
    }
}
