//! Arguments of `writer`.

use std::path::PathBuf;

use clap::Args;

use super::{Bytes, Output, Pattern};

/// Write frames to a buffer, which a reader has made.
#[derive(Debug, Args)]
pub struct WriterArguments {
    /// The buffer's name; its reader makes it
    pub name: String,
    /// How long to wait for a reader that has not made the buffer yet; 0: not at all
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub wait_ms: u64,
    /// How many frames; 0: until a signal comes
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 1000)]
    pub frames: u64,
    /// Bytes of each frame, as in 4096, 64K or 3MB
    #[arg(short, long, value_name = "BYTES", default_value_t = Bytes(1024), value_parser = Bytes::some)]
    pub size: Bytes,
    /// Metadata: this text; a buffer takes some once in its life
    #[arg(short, long, value_name = "TEXT", conflicts_with = "metadata_file")]
    pub metadata: Option<String>,
    /// Metadata: what this file has
    #[arg(long, value_name = "FILE")]
    pub metadata_file: Option<PathBuf>,
    /// What the frames hold
    #[arg(long, value_enum, default_value_t = Pattern::Sequential)]
    pub pattern: Pattern,
    /// Pause after each batch of frames
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub delay_ms: u64,
    /// Frames that are written one after the other before each pause
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub batch_size: u64,
    /// The MD5 of each frame, and of all together: a line for each, or the first hundred in JSON
    #[arg(long)]
    pub checksum: bool,
    /// How the result is told.
    #[command(flatten)]
    pub output: Output,
}
