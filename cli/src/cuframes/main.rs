//! `cuframes`: publish, read and look after shared video frames from the command line.

mod bridge;
mod detections;
mod doctor;
mod framemd5;
mod keys;
mod lend;
mod media;
mod pattern;
mod publish;
mod sub;

use std::io::{self, Write};

use clap::Parser;
use clap_complete::Shell;
use program::generate;

use cuframes_cli::args::{Arguments, Command};
use cuframes_cli::exit::Failure;
use cuframes_cli::log;

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
        Command::Snapshot(_) | Command::Record(_) => Err(media::replace()),
        Command::Bridge(arguments) => bridge::run(&arguments),
        Command::Lend(arguments) => lend::run(&arguments),
        Command::Detections(arguments) => detections::run(&arguments),
        Command::Ls(arguments) => keys::ls::run(&arguments),
        Command::Info(arguments) => keys::info::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments),
        Command::Gc(arguments) => keys::gc::run(&arguments),
        Command::Man { directory } => Ok(generate::man::<Arguments>(&directory)?),
        Command::Completions { shell } => complete(shell),
    }
}

/// Writes a shell's completions to standard output.
fn complete(shell: Shell) -> Result<(), Failure> {
    let script = generate::completions::<Arguments>(shell);
    let written = io::stdout().write_all(script.as_bytes());
    written.map_err(Failure::io("write to stdout"))
}
