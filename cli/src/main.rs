//! `cuframes`: publish, read and look after shared video frames from the command line.

mod args;
mod doctor;
mod exit;
mod framemd5;
mod generate;
mod ingest;
mod log;
mod pattern;
mod publish;
mod report;
mod signals;
mod sub;
mod terminal;

use clap::Parser;

use args::{Arguments, Command};
use exit::Failure;

fn main() {
    let Arguments { command } = Arguments::parse();
    let done = log::start().and_then(|()| run(command));
    if let Err(failure) = done {
        failure.exit();
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Publish(arguments) => publish::run(&arguments),
        Command::Sub(arguments) => sub::run(&arguments),
        Command::Ls(arguments) => report::ls::run(&arguments),
        Command::Info(arguments) => report::info::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Gc(arguments) => report::gc::run(&arguments),
        Command::Man { directory } => generate::man(&directory),
        Command::Completions { shell } => generate::completions(shell),
    }
}
