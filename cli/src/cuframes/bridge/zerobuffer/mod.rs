//! `cuframes bridge zerobuffer`.

mod caps;
mod copying;
mod description;
mod inlet;
mod outlet;
mod packing;
mod tally;
mod to_buffer;
mod to_key;

use std::time::Duration;

use cuframes_cli::args::ZeroBufferArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;

use super::voice::{Route, Voice};
use tally::Tally;

/// How long a signal, or a peer that went away, may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Carries frames until the stream ends, as many as wanted are carried, something fails, or a
/// signal comes.
pub fn run(arguments: &ZeroBufferArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let voice = Voice::new(route(arguments), arguments.json, arguments.quiet);
    let mut tally = Tally::new();
    let ended = match &arguments.from {
        Some(key) => to_buffer::run(arguments, key, &voice, &signals, &mut tally),
        None => to_key::run(arguments, &voice, &signals, &mut tally),
    };
    voice.ended(&tally, &ended)?;
    ended
}

fn route(arguments: &ZeroBufferArguments) -> Route {
    let to = arguments.to.clone();
    let (key, name) = match (&arguments.from, &arguments.from_buffer) {
        (Some(key), _) => (key.clone(), to),
        (None, buffer) => (to, buffer.clone().unwrap_or_default()),
    };
    Route {
        key,
        channel: "buffer",
        name,
        is_from_key: arguments.from.is_some(),
    }
}
