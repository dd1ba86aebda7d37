//! The arguments, as people write them.

mod bridge;
mod detections;
mod doctor;
mod gpu;
mod ingest;
mod lend;
mod packets;
mod publish;
mod record;
mod snapshot;
mod sub;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::exit;

pub use bridge::{Bridge, BridgeArguments, Rows, VizionArguments, ZeroBufferArguments};
pub use detections::DetectionsArguments;
pub use doctor::DoctorArguments;
pub use gpu::{MemoryName, SyncName};
pub use ingest::{Hwaccel, IngestArguments, RtspTransport};
pub use lend::LendArguments;
pub use packets::PacketArguments;
pub use publish::{PublishArguments, Source, Stream};
pub use record::{Keep, RecordArguments, SyncPolicy};
pub use snapshot::SnapshotArguments;
pub use sub::SubArguments;
pub use values::{Bytes, InputOption, Ratio, Size};

/// Publish, read and look after shared video frames.
///
/// Frames lie in shared memory under a key. One program publishes them, any number of others
/// read them in place. CUFRAMES_RUNTIME_DIR names the directory of the sockets, CUFRAMES_LOG
/// says how much is told of connections (error, warn, info, debug, trace).
#[derive(Debug, Parser)]
#[command(name = "cuframes", version, after_help = exit::TABLE)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "help shows what their arguments say about themselves"
)]
pub enum Command {
    #[command(after_help = exit::TABLE)]
    Publish(Box<PublishArguments>),
    #[command(after_help = exit::TABLE)]
    Sub(Box<SubArguments>),
    #[command(after_help = exit::TABLE)]
    Snapshot(Box<SnapshotArguments>),
    #[command(after_help = exit::TABLE)]
    Record(Box<RecordArguments>),
    Bridge(BridgeArguments),
    #[command(after_help = exit::TABLE)]
    Lend(Box<LendArguments>),
    #[command(after_help = exit::TABLE)]
    Detections(Box<DetectionsArguments>),
    /// List the keys of every run directory.
    Ls(LsArguments),
    /// Tell how a publisher and its subscribers do.
    Info(InfoArguments),
    #[command(after_help = exit::TABLE)]
    Doctor(DoctorArguments),
    /// Remove what dead publishers left behind.
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

/// Arguments of `ls`.
#[derive(Debug, Args)]
pub struct LsArguments {
    /// Also keys whose publisher ended and left nothing but its lock file.
    #[arg(short, long)]
    pub all: bool,
    /// One JSON document on standard output.
    #[arg(long)]
    pub json: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
}

/// Arguments of `info`.
#[derive(Debug, Args)]
pub struct InfoArguments {
    /// The key.
    pub key: String,
    /// One JSON document on standard output.
    #[arg(long)]
    pub json: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
}

/// Arguments of `gc`.
#[derive(Debug, Args)]
pub struct GcArguments {
    /// Only tell what would be removed.
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// One JSON document on standard output.
    #[arg(long)]
    pub json: bool,
}

/// Whose processes are trusted.
#[derive(Debug, Args)]
pub struct Trust {
    /// Trust processes of this user too, besides this one's and root's; may be repeated.
    #[arg(long = "allow-uid", value_name = "UID")]
    pub allow_uids: Vec<u32>,
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
    fn a_source_is_needed_and_only_one() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("cuframes publish --key k").is_err());
        assert!(parse("cuframes publish --key k --test-pattern 4x4@1").is_ok());
        assert!(parse("cuframes publish --key k --test-pattern 4x4@1 -").is_err());
        assert!(parse("cuframes publish --key k --test-pattern 4x4@1 --size 4x4").is_err());
        assert!(parse("cuframes publish --key k --size 4x4 --fps 5 -").is_err());
        assert!(parse("cuframes publish --key k --size 4x4 --fps 5 --format gray -").is_ok());
        assert!(parse("cuframes publish --key k --size 4x4 --fps 5 --format R8 -").is_ok());
        assert!(parse("cuframes publish --key k --size 4x4 --fps 5 --format r8 -").is_err());
    }
}
