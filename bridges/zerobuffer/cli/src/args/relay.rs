//! Arguments of `relay`.

use clap::Args;

use super::{Bytes, Output, Patience, Transform};

/// Read frames from one buffer, and write them to another, copied once.
///
/// The relay is the reader of INPUT, which it makes, and the writer of OUTPUT, for which it waits
/// until a reader has made it. Metadata goes along. It ends as a reader does, and with an error
/// when the reader of OUTPUT is gone.
#[derive(Debug, Args)]
pub struct RelayArguments {
    /// The buffer to read from; the relay makes it
    pub input: String,
    /// The buffer to write to
    #[arg(value_name = "OUTPUT")]
    pub output_name: String,
    /// How many frames; 0: until the writer of INPUT is gone
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 0)]
    pub frames: u64,
    /// Make OUTPUT too, and take out of it what was relayed: to try a relay without a reader
    /// behind it. Nobody else can read OUTPUT then, since a buffer has one reader
    #[arg(long)]
    pub create_output: bool,
    /// Bytes for frames of each buffer that the relay makes
    #[arg(long, value_name = "BYTES", default_value_t = Bytes(zerobuffer::DEFAULT_PAYLOAD_SIZE))]
    pub buffer_size: Bytes,
    /// How long to wait for OUTPUT, for each frame, and for space; 0: for ever
    #[arg(long, value_name = "MS", default_value_t = Patience(5000))]
    pub timeout_ms: Patience,
    /// What is done to the bytes of each frame on their way
    #[arg(long, value_enum, default_value_t = Transform::None)]
    pub transform: Transform,
    /// With what `--transform xor` changes each byte, as in 255 or 0xff
    #[arg(long, value_name = "BYTE", default_value = "255", value_parser = byte)]
    pub xor_key: u8,
    /// Frames between two lines on standard error that tell how far it is, with -v
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub log_interval: u64,
    /// How the result is told.
    #[command(flatten)]
    pub output: Output,
}

fn byte(text: &str) -> Result<u8, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("'{text}' is not a byte, as in 255 or 0xff"))
}
