//! The arguments, as people write them.

mod ask;
mod camera;
mod daemon;
mod read;
mod stream;
mod values;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::exit;

pub use ask::Ask;
pub use camera::{Exposure, Number, WhiteBalance};
pub use daemon::DaemonArguments;
pub use read::ReadArguments;
pub use stream::{FormatFilter, FormatWords, Patience, SharedMemory, WatchArguments};
pub use values::{Assignment, Seconds, Switch};

/// Control a VizionStreamer, and read its frames.
///
/// Each command of the daemon's socket is one here, under its own name too: set_gain is set-gain.
/// Start the daemon first: vizion-streamer --camera v4l2:/dev/video0.
#[derive(Debug, Parser)]
#[command(name = "vizion", version, after_help = exit::TABLE)]
pub struct Arguments {
    /// Which daemon, and how it is told what it said.
    #[command(flatten)]
    pub daemon: DaemonArguments,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the formats that the camera delivers
    #[command(visible_alias = "formats", alias = "get_formats")]
    GetFormats(FormatFilter),
    /// Start the stream, and wait until it runs
    #[command(visible_alias = "start-stream", alias = "start_stream")]
    Start(Patience),
    /// Stop the stream, and wait until files are complete
    #[command(visible_alias = "stop-stream", alias = "stop_stream")]
    Stop(Patience),
    /// What is one request.
    #[command(flatten)]
    Ask(Ask),
    /// Print the SDP file that receivers such as ffplay and VLC need for RTP
    #[command(visible_alias = "get-sdp", alias = "get_sdp")]
    Sdp {
        /// Write it to this file
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    Watch(WatchArguments),
    Read(ReadArguments),
    /// Write the man pages to a directory
    Man {
        /// Where to; it is made if it is not there
        directory: PathBuf,
    },
    /// Write a shell's completions to standard output
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_of_the_socket_is_one_under_its_own_name() {
        let definition = Arguments::command();
        for command in vizion::control::Command::ALL {
            let name = command.name();
            for name in [name.to_owned(), name.replace('_', "-")] {
                assert!(definition.find_subcommand(&name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn every_command_has_one_line_of_help() {
        for command in Arguments::command().get_subcommands() {
            let about = command.get_about().map(ToString::to_string);
            let about = about.unwrap_or_default();
            let name = command.get_name();
            assert!(!about.is_empty() && about.len() < 75, "{name}: {about}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for wrong in [
            "vizion",
            "vizion set-exposure",
            "vizion set-exposure --auto --manual 1",
            "vizion set-exposure --manual bright",
            "vizion set-format",
            "vizion set-gain",
            "vizion set-gain 1.5",
            "vizion set-ehdr-mode 2",
            "vizion set-controls",
            "vizion set-controls gain",
            "vizion set-controls =1",
            "vizion set-pipeline",
            "vizion enable-shared-memory --size 1X",
            "vizion watch --interval 0",
            "vizion read --json --raw",
            "vizion get-formats --format RGBA",
        ] {
            let parsed = Arguments::try_parse_from(wrong.split(' '));
            assert!(parsed.is_err(), "{wrong}");
        }
    }
}
