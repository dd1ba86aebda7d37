//! `cuframes-media`: the commands of `cuframes` that need FFmpeg. `cuframes` starts it with its
//! own arguments.

mod ffmpeg;
mod ingest;
mod record;
mod snapshot;

use clap::Parser;

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
        Command::Publish(arguments) if arguments.needs_ffmpeg() => ingest::run(&arguments),
        Command::Snapshot(arguments) => snapshot::run(&arguments),
        Command::Record(arguments) => record::run(&arguments),
        _ => Err(Failure::Usage(
            "nothing here needs FFmpeg: run cuframes with the same arguments".to_owned(),
        )),
    }
}
