//! How long the input may keep us waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cuframes_cli::exit::Failure;
use cuframes_cli::signals::Signals;

/// Looked at while FFmpeg waits.
#[derive(Clone, Debug)]
pub struct Watch {
    signals: Signals,
    limit: Option<Duration>,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl Watch {
    /// Gives up when a signal comes, and after `limit` of silence.
    pub fn new(signals: Signals, limit: Option<Duration>) -> Watch {
        Watch {
            signals,
            limit,
            deadline: Arc::default(),
        }
    }

    /// Something came, or begins: the time runs anew.
    pub fn begin(&self) {
        let deadline = self
            .limit
            .and_then(|limit| Instant::now().checked_add(limit));
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }

    /// The signal that came, as the way to end.
    pub fn check(&self) -> Result<(), Failure> {
        self.signals.check()
    }

    /// The longest silence.
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Whether it is time to give up.
    pub fn is_over(&self) -> bool {
        let deadline = *self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        self.signals.check().is_err() || deadline.is_some_and(|when| Instant::now() >= when)
    }
}
