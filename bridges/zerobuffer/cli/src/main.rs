//! `zerobuffer`: write, read, relay and look after ZeroBuffer's channels from the command line.

mod args;
mod awaiting;
mod checks;
mod exit;
mod look;
mod pattern;
mod read;
mod relay;
mod space;
mod sums;
mod tally;
mod transform;
mod write;

use clap::Parser;
use program::{generate, log, output};

use args::{Arguments, Command};
use exit::Failure;

fn main() {
    let Arguments { command } = Arguments::parse();
    if let Err(failure) = run(&command) {
        failure.exit();
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    log::start("RUST_LOG", command.verbose())?;
    match command {
        Command::Writer(arguments) => write::run(arguments),
        Command::Reader(arguments) => read::run(arguments),
        Command::Relay(arguments) => relay::run(arguments),
        Command::Info(arguments) => look::info::run(arguments),
        Command::Ls(arguments) => look::ls::run(arguments),
        Command::Gc(arguments) => look::gc::run(arguments),
        Command::Man { directory } => Ok(generate::man::<Arguments>(directory)?),
        Command::Completions { shell } => {
            Ok(output::print(&generate::completions::<Arguments>(*shell))?)
        }
    }
}
