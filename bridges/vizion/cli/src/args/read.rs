//! Arguments of `read`.

use std::path::PathBuf;

use clap::Args;
use vizion::DEFAULT_NAME;

use super::Seconds;

/// Read frames from shared memory: a line for each, or its MD5, or its bytes.
///
/// It needs no daemon, but one that has shared memory enabled and streams, or any other writer of
/// VIZN frames. It ends when the frames asked for are read, or when the writer closes the memory.
/// With --json each line is a JSON object.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// The shared memory's name
    #[arg(default_value = DEFAULT_NAME)]
    pub name: String,
    /// How many frames; 0: until the writer closes. Fewer than asked for are an error
    #[arg(short = 'n', long, default_value_t = 0)]
    pub count: u64,
    /// Tell the MD5 of each frame's bytes
    #[arg(long, conflicts_with = "raw")]
    pub md5: bool,
    /// The bytes of the frames, one behind the other, and nothing else, on standard output
    #[arg(long, conflicts_with = "json")]
    pub raw: bool,
    /// Write the bytes to this file instead
    #[arg(short, long, value_name = "FILE", requires = "raw")]
    pub output: Option<PathBuf>,
    /// How many seconds to wait for a frame
    #[arg(long, value_name = "SECONDS", default_value = "5")]
    pub timeout: Seconds,
    /// Wait for the shared memory if it is not there, and for the next writer when one is gone
    #[arg(long)]
    pub follow: bool,
}
