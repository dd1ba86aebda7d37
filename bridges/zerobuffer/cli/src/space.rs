//! Ring space for a frame, waited for so that a signal can end it.

use std::time::{Duration, Instant};

use program::signals::Signals;
use zerobuffer::{Error, FrameBuffer, Writer};

use crate::exit::Failure;

/// How often a writer that waits for space looks for a signal: the library has nothing that
/// wakes it.
const TURN: Duration = Duration::from_millis(100);

/// Prepares a writer to be waited for in turns.
pub fn in_turns(writer: &mut Writer) {
    writer.set_write_timeout(TURN);
}

/// Lets `fill` have space for a frame of `size` bytes, within `limit`, or whenever there is some.
pub fn fill<T>(
    writer: &mut Writer,
    size: usize,
    limit: Option<Duration>,
    signals: &Signals,
    fill: impl FnOnce(FrameBuffer<'_>) -> T,
) -> Result<T, Failure> {
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        match writer.buffer(size) {
            Ok(buffer) => return Ok(fill(buffer)),
            Err(Error::BufferFull { .. }) => signals.check()?,
            Err(error) => return Err(error.into()),
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Failure::Library(Error::BufferFull {
                name: writer.name().to_owned(),
                size: size as u64,
                timeout: limit.unwrap_or_default(),
            }));
        }
    }
}
