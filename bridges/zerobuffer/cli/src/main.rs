//! `zerobuffer`: write, read, relay and look after ZeroBuffer's channels from the command line.

mod args;
mod awaiting;
mod checks;
mod exit;
mod generate;
mod log;
mod look;
mod pattern;
mod read;
mod relay;
mod report;
mod signals;
mod space;
mod sums;
mod tally;
mod transform;
mod write;

use clap::Parser;

use args::{Arguments, Command};
use exit::Failure;

fn main() {
    let Arguments { command } = Arguments::parse();
    let done = log::start(command.verbose()).and_then(|()| run(&command));
    if let Err(failure) = done {
        failure.exit();
    }
}

fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Writer(arguments) => write::run(arguments),
        Command::Reader(arguments) => read::run(arguments),
        Command::Relay(arguments) => relay::run(arguments),
        Command::Info(arguments) => look::info::run(arguments),
        Command::Ls(arguments) => look::ls::run(arguments),
        Command::Gc(arguments) => look::gc::run(arguments),
        Command::Man { directory } => generate::man(directory),
        Command::Completions { shell } => generate::completions(*shell),
    }
}
