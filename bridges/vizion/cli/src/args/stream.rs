//! Arguments of the commands around the stream.

use clap::Args;
use vizion::{PixelFormat, UnknownFormat};

use super::Seconds;

/// Arguments of `get-formats`.
#[derive(Debug, Args)]
pub struct FormatFilter {
    /// Only those of YUY2, UYVY, NV12, MJPG, BGR or RGB
    #[arg(long, value_parser = pixels)]
    pub format: Option<PixelFormat>,
}

/// Arguments of `set-format`.
#[derive(Debug, Args)]
pub struct FormatWords {
    /// Size and frame rate, then the pixel format, as get-formats lists them
    #[arg(required = true, num_args = 1..=2, value_name = "FORMAT")]
    pub words: Vec<String>,
}

/// Arguments of `start` and `stop`.
#[derive(Debug, Args)]
pub struct Patience {
    /// End when the daemon answers, which it does before a slow pipeline is ready; so does --json
    #[arg(long)]
    pub no_wait: bool,
    /// How many seconds to wait for a slow pipeline
    #[arg(long, value_name = "SECONDS", default_value = "15")]
    pub timeout: Seconds,
}

/// Arguments of `enable-shared-memory`.
#[derive(Debug, Args)]
pub struct SharedMemory {
    /// Its name below /dev/shm [default: /vizion_frame]
    pub name: Option<String>,
    /// Bytes of it, 128 of header included [default: 8294528, which is enough for 1080p]
    #[arg(long, value_name = "BYTES")]
    pub size: Option<u64>,
}

/// Tell every second how the stream does, until SIGINT.
#[derive(Debug, Args)]
pub struct WatchArguments {
    /// Seconds from one line to the next
    #[arg(long, value_name = "SECONDS", default_value = "1")]
    pub interval: Seconds,
    /// Tell only what changes: state, pipeline, errors; and no numbers
    #[arg(long)]
    pub changes: bool,
}

/// A pixel format in any case.
fn pixels(text: &str) -> Result<PixelFormat, UnknownFormat> {
    text.to_ascii_uppercase().parse()
}
