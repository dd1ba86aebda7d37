//! The arguments, as people write them.

mod reader;
mod relay;
mod values;
mod writer;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::exit;

pub use reader::ReaderArguments;
pub use relay::RelayArguments;
pub use values::{Bytes, Patience, Pattern, Transform};
pub use writer::WriterArguments;

/// Write, read, relay and look after ZeroBuffer's channels.
///
/// A buffer carries frames from one process, its writer, to one other, its reader, in shared
/// memory. The reader makes it and gives it its name, so start the reader first. Either side may
/// be a program in C++, C# or Python. RUST_LOG says how much is told of what happens (error,
/// warn, info, debug, trace); -v is short for debug.
#[derive(Debug, Parser)]
#[command(name = "zerobuffer", version, after_help = exit::TABLE)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(after_help = exit::TABLE)]
    Writer(WriterArguments),
    #[command(after_help = exit::TABLE)]
    Reader(ReaderArguments),
    #[command(after_help = exit::TABLE)]
    Relay(RelayArguments),
    /// Tell everything about one buffer, and change nothing.
    Info(InfoArguments),
    /// List the buffers of this machine.
    Ls(LsArguments),
    /// Remove what dead readers left behind; buffers that somebody uses stay.
    Gc(GcArguments),
    /// Write the man pages to a directory.
    Man {
        /// Where to; it is made if it is not there.
        directory: PathBuf,
    },
    /// Write a shell's completions to standard output.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

impl Command {
    /// How often `-v` was given.
    pub fn verbose(&self) -> u8 {
        match self {
            Command::Writer(arguments) => arguments.output.verbose,
            Command::Reader(arguments) => arguments.output.verbose,
            Command::Relay(arguments) => arguments.output.verbose,
            _ => 0,
        }
    }
}

/// How the result is told.
#[derive(Debug, Args)]
pub struct Output {
    /// The result as one JSON document on standard output, and nothing else there
    #[arg(long)]
    pub json_output: bool,
    /// Tell on standard error what happens; twice: everything
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Arguments of `info`.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// The buffer's name
    pub name: String,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `ls`.
#[derive(Debug, Args)]
pub struct LsArguments {
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub struct GcArguments {
    /// Only tell what would be removed
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// One JSON document on standard output
    #[arg(long)]
    pub json: bool,
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
    fn defaults_are_those_of_every_language() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' ')).map(|a| a.command);
        let Ok(Command::Writer(writer)) = parse("zerobuffer writer b") else {
            panic!("a writer");
        };
        assert_eq!((writer.frames, writer.size), (1000, Bytes(1024)));
        assert_eq!((writer.delay_ms, writer.batch_size), (0, 1));
        assert_eq!(writer.pattern, Pattern::Sequential);
        let Ok(Command::Reader(reader)) = parse("zerobuffer reader b") else {
            panic!("a reader");
        };
        assert_eq!((reader.frames, reader.size), (0, Bytes(1024)));
        assert_eq!((reader.timeout_ms, reader.batch_size), (Patience(5000), 1));
        assert_eq!(reader.buffer_size, Bytes(256 << 20));
        assert_eq!(reader.metadata_size, Bytes(4096));
        assert_eq!(reader.verify, Pattern::None);
        let Ok(Command::Relay(relay)) = parse("zerobuffer relay a b") else {
            panic!("a relay");
        };
        assert_eq!((relay.frames, relay.timeout_ms), (0, Patience(5000)));
        assert_eq!(relay.buffer_size, Bytes(256 << 20));
        assert_eq!((relay.xor_key, relay.log_interval), (255, 100));
        assert_eq!(relay.transform, Transform::None);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        for wrong in [
            "zerobuffer writer",
            "zerobuffer writer b -m x --metadata-file y",
            "zerobuffer writer b --batch-size 0",
            "zerobuffer writer b -n -1",
            "zerobuffer writer b -s 0",
            "zerobuffer writer b --pattern noise",
            "zerobuffer reader b --verify noise",
            "zerobuffer reader b --batch-size 0",
            "zerobuffer relay a",
            "zerobuffer relay a b --transform upper",
            "zerobuffer relay a b --xor-key 256",
            "zerobuffer relay a b --log-interval 0",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
        assert!(parse("zerobuffer reader b -s 0").is_ok());
        assert!(parse("zerobuffer relay a b --transform xor --xor-key 0x0f").is_ok());
    }
}
