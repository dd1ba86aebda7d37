//! `vizion-pipeline`: the frames of a cuframes key in a GStreamer pipeline.

mod allow;
mod args;
mod bus;
mod custody;
mod display;
mod ending;
mod feeding;
mod front;
mod happening;
mod http;
mod outlet;
mod packages;
mod parsing;
mod picture;
mod rtsp;
mod run;
mod sdp;
mod source;
#[allow(unsafe_code)]
mod sys;
mod telling;
mod timeline;

use std::process::ExitCode;

use clap::Parser;

use args::Arguments;
use telling::{Prints, Teller};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let prints = match arguments.allow {
        None => Prints::ToStandardError,
        Some(_) => Prints::Nowhere,
    };
    let teller = match Teller::claim(prints) {
        Ok(teller) => teller,
        Err(error) => {
            eprintln!("vizion-pipeline: standard output: {error}");
            return ExitCode::FAILURE;
        }
    };
    run::run(&arguments, &teller)
}
