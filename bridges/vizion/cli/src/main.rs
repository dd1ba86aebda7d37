//! `vizion`: control a VizionStreamer from the command line, and read its frames.

mod args;
mod ask;
mod daemon;
mod exit;
mod formats;
mod read;
mod report;
mod request;
mod sdp;
mod stream;
mod watch;

use clap::Parser;
use program::{generate, output};

use args::{Arguments, Command};
use exit::Failure;

fn main() {
    let arguments = Arguments::parse();
    if let Err(failure) = run(&arguments) {
        failure.exit();
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let daemon = &arguments.daemon;
    match &arguments.command {
        Command::GetFormats(filter) => formats::run(daemon, filter),
        Command::Start(patience) => stream::start(daemon, patience),
        Command::Stop(patience) => stream::stop(daemon, patience),
        Command::Sdp { output } => sdp::run(daemon, output.as_deref()),
        Command::Watch(arguments) => watch::run(daemon, arguments),
        Command::Read(arguments) => read::run(arguments, daemon.json),
        Command::Man { directory } => Ok(generate::man::<Arguments>(directory)?),
        Command::Completions { shell } => {
            Ok(output::print(&generate::completions::<Arguments>(*shell))?)
        }
        Command::Ask(request) => ask::run(daemon, request),
    }
}
