//! `cuframes lend`.

mod account;
mod events;
mod held;
mod keys;
mod lent;
mod memory;
mod sources;
mod view;
mod why;

use std::sync::Arc;
use std::time::Instant;

use cuframes_cli::args::LendArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::say;
use frame_lending::engine::{Engine, EngineOptions, Report, Source};
use frame_lending::gateway::{Gateway, GatewayOptions};
use program::output::{print, print_json};
use program::signals::Signals;

use events::Events;
use memory::Memories;
use sources::Sources;

/// Lends frames until a signal comes.
pub fn run(arguments: &LendArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let sources = Sources::open(arguments)?;
    let streams = sources.streams();
    for stream in &streams {
        check_stream(stream, &streams)?;
    }
    let memories = sources.memories();
    let engine = start(arguments, sources)?;
    if !arguments.quiet {
        let keys = streams.join(", ");
        say(&format!("lending {keys} at {}", engine.socket().display()));
    }
    let told = |report: &Report, is_last| tell(arguments, report, &memories, is_last);
    let ended = watch(arguments, &engine, &signals, told);
    told(&engine.stop(), true)?;
    ended
}

fn check_stream(stream: &str, all: &[String]) -> Result<(), Failure> {
    // The name decides who is who on the wire.
    match all.iter().filter(|other| *other == stream).count() {
        1 => Ok(()),
        _ => Err(Failure::Usage(format!("'{stream}' is named twice"))),
    }
}

fn start(arguments: &LendArguments, sources: Sources) -> Result<Engine, Failure> {
    let mut options = EngineOptions::new(&arguments.socket);
    options.mode = arguments.mode;
    options.allow_uids.clone_from(&arguments.trust.allow_uids);
    options.window = arguments.window.into();
    options.timeout = arguments.timeout();
    options.buffers = arguments.buffers.clone();
    options.max_consumers = arguments.max_consumers.into();
    options.observer = Arc::new(Events {
        gateway: gateway(arguments)?,
        is_quiet: arguments.quiet,
    });
    Ok(Engine::start(Box::new(sources), options)?)
}

fn gateway(arguments: &LendArguments) -> Result<Option<Gateway>, Failure> {
    if arguments.no_gateway {
        return Ok(None);
    }
    let mut options = GatewayOptions::at(&arguments.gateway);
    options.mode = arguments.mode;
    options.allow_uids.clone_from(&arguments.trust.allow_uids);
    Ok(Some(Gateway::listen(options)?))
}

fn watch(
    arguments: &LendArguments,
    engine: &Engine,
    signals: &Signals,
    tell: impl Fn(&Report, bool) -> Result<(), Failure>,
) -> Result<(), Failure> {
    if !arguments.stats {
        signals.wait(None, None)?;
        return Ok(());
    }
    let mut next = Instant::now();
    loop {
        next += arguments.interval();
        signals.sleep_until(next)?;
        tell(&engine.report(), false)?;
    }
}

fn tell(
    arguments: &LendArguments,
    report: &Report,
    memories: &Memories,
    is_last: bool,
) -> Result<(), Failure> {
    match (arguments.json, arguments.stats) {
        (true, _) => print_json(&account::of(report, memories, is_last))?,
        (false, true) => print(&account::table(report, memories))?,
        (false, false) => {}
    }
    Ok(())
}
