//! `cuframes-media`: the commands of `cuframes` that need FFmpeg. `cuframes` starts it with its
//! own arguments.

mod ingest;

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
    if let Command::Publish(arguments) = &command
        && arguments.needs_ffmpeg()
    {
        return ingest::run(arguments);
    }
    Err(Failure::Usage(
        "nothing here needs FFmpeg: run cuframes with the same arguments".to_owned(),
    ))
}
