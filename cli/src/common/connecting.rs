//! Waiting for a publisher without being deaf to signals.

use std::time::{Duration, Instant};

use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Error, Subscriber};
use program::signals::Signals;

use crate::exit::Failure;

/// How long a signal may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Connects what `builder` makes, waiting for a publisher at most `limit`.
pub fn connect(
    builder: impl Fn() -> SubscriberBuilder,
    limit: Option<Duration>,
    signals: &Signals,
) -> Result<Subscriber, Failure> {
    let started = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        let turn = left.map_or(TURN, |left| left.min(TURN));
        match builder().connect_timeout(Some(turn)).connect() {
            Err(Error::NotFound { .. }) if left != Some(turn) => {}
            connected => return Ok(connected?),
        }
        signals.check()?;
    }
}
