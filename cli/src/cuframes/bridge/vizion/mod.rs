//! `cuframes bridge vizion`.

mod formats;
mod inlet;
mod jpeg;
mod outlet;
mod tally;
mod to_key;
mod to_memory;

use std::time::Duration;

use cuframes_cli::args::VizionArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;

use super::voice::{Route, Voice};
use tally::Tally;

/// How long a signal may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Carries frames until the stream ends, as many as wanted are carried, something fails, or a
/// signal comes.
pub fn run(arguments: &VizionArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let voice = Voice::new(route(arguments), arguments.json, arguments.quiet);
    vizion::validate_name(voice.name())?;
    let mut tally = Tally::new();
    let ended = match &arguments.from {
        Some(_) => to_memory::run(arguments, &voice, &signals, &mut tally),
        None => to_key::run(arguments, &voice, &signals, &mut tally),
    };
    voice.ended(&tally, &ended)?;
    ended
}

fn route(arguments: &VizionArguments) -> Route {
    let to = arguments.to.clone();
    let (key, name) = match (&arguments.from, &arguments.from_shm) {
        (Some(key), _) => (key.clone(), to),
        (None, name) => (to, name.clone().unwrap_or_default()),
    };
    Route {
        key,
        channel: "shm",
        name,
        is_from_key: arguments.from.is_some(),
    }
}
