//! Listening to a gateway without being deaf to signals.

use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

use frame_lending::gateway::{GatewayError, Listener, ListenerOptions};
use frame_lending::message::DetectionMessage;
use frame_lending::socket::SocketError;
use program::signals::Signals;

use crate::exit::Failure;

/// How long a signal may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Connects to a gateway, waiting for it at most `limit`.
pub fn connect(
    gateway: &Path,
    allow_uids: &[u32],
    limit: Option<Duration>,
    signals: &Signals,
) -> Result<Listener, Failure> {
    let started = Instant::now();
    loop {
        let left = limit.map(|limit| limit.saturating_sub(started.elapsed()));
        let turn = left.map_or(TURN, |left| left.min(TURN));
        let options = ListenerOptions {
            allow_uids: allow_uids.to_vec(),
            patience: Some(turn),
            ..ListenerOptions::at(gateway)
        };
        match Listener::connect(&options) {
            Err(GatewayError::Socket(SocketError::Nobody { .. })) if left != Some(turn) => {}
            connected => return Ok(connected?),
        }
        signals.check()?;
    }
}

/// The next detections; `None` if there are none until `deadline`.
pub fn next(
    listener: &mut Listener,
    deadline: Option<Instant>,
    signals: &Signals,
) -> Result<Option<DetectionMessage>, Failure> {
    loop {
        if !signals.wait(Some(listener.as_fd()), deadline)? {
            return Ok(None);
        }
        if let Some(message) = listener.next(Some(Duration::ZERO))? {
            return Ok(Some(message));
        }
    }
}
