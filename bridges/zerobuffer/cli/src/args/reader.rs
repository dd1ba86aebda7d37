//! Arguments of `reader`.

use clap::Args;

use super::{Bytes, Output, Patience, Pattern};

/// Make a buffer, and read what its writer writes.
///
/// It ends when the frames asked for are read, or when the writer is gone and all of its frames
/// are read.
#[derive(Debug, Args)]
pub struct ReaderArguments {
    /// The name that the buffer gets
    pub name: String,
    /// How many frames; 0: until the writer is gone. Fewer than asked for are an error
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 0)]
    pub frames: u64,
    /// Bytes that each frame must have, as in 4096, 64K or 3MB; 0: any size is right
    #[arg(short, long, value_name = "BYTES", default_value_t = Bytes(1024))]
    pub size: Bytes,
    /// How long to wait for each frame, and for the writer before the first; 0: for ever
    #[arg(long, value_name = "MS", default_value_t = Patience(5000))]
    pub timeout_ms: Patience,
    /// What the frames must hold; each that differs is counted, and makes the exit code 7
    #[arg(long, value_enum, default_value_t = Pattern::None)]
    pub verify: Pattern,
    /// The MD5 of each frame, and of all together: a line for each, or the first hundred in JSON
    #[arg(long)]
    pub checksum: bool,
    /// Frames that are taken at most, as far as there are so many, before the first is given back
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub batch_size: u64,
    /// Bytes of the buffer for frames; each takes 16 more than its size
    #[arg(long, value_name = "BYTES", default_value_t = Bytes(zerobuffer::DEFAULT_PAYLOAD_SIZE))]
    pub buffer_size: Bytes,
    /// Bytes of the buffer for metadata, 8 for its length included
    #[arg(long, value_name = "BYTES", default_value_t = Bytes(zerobuffer::DEFAULT_METADATA_SIZE))]
    pub metadata_size: Bytes,
    /// How the result is told.
    #[command(flatten)]
    pub output: Output,
}
