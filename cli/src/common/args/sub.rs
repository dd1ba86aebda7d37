//! Arguments of `sub`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use cuframes::Mode;

use super::Trust;
use super::values::{Patience, Ratio, seconds};

/// Read the frames of a key, and write or check them; or its encoded packets.
///
/// Without -o and --framemd5 the frames are only counted. Reports go to standard output, unless
/// frames or checksums do; then they go to standard error.
#[derive(Debug, Args)]
pub struct SubArguments {
    /// The key.
    pub key: String,
    /// Stop after so many frames.
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,
    /// Longest wait for a frame, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub timeout: Patience,
    /// Every frame in its order, instead of always the newest.
    #[arg(long)]
    pub strict: bool,
    /// One frame in N.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub every: u32,
    /// No frame sooner after the last one than this, in seconds.
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    pub min_interval: Duration,
    /// The name that the publisher shows [cuframes-PID].
    #[arg(long)]
    pub name: Option<String>,
    /// End when the publisher is gone, instead of waiting for the key to come back.
    #[arg(long)]
    pub no_reattach: bool,
    /// How long to wait for a publisher that is not there, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "5")]
    pub connect_timeout: Patience,
    /// Look for the next frame so long before sleeping, in seconds.
    #[arg(long, value_name = "S", default_value = "0", value_parser = seconds)]
    pub spin: Duration,
    /// Take frames in the memory of any GPU too; without it, a publisher on a GPU refuses.
    #[arg(long)]
    pub cuda: bool,
    /// Take frames in the memory of this GPU, by its number, and no others.
    #[arg(long, value_name = "N", conflicts_with = "cuda")]
    pub cuda_device: Option<u32>,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// Write the frames to a file, or to standard output with "-": rows and planes without
    /// padding, or checksums with --framemd5.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write a line with the MD5 of each frame, as ffmpeg -f framemd5 does.
    #[arg(long)]
    pub framemd5: bool,
    /// Read the encoded packets instead, from the newest key packet on: a line for each with its
    /// sequence, times in nanoseconds (pts, dts, duration), bytes, flags (K key, C corrupt,
    /// D discontinuity, X new extradata) and MD5, or with --json an object; with -o their bytes
    /// as they are, without the extradata. --frames counts packets.
    #[arg(long, conflicts_with_all = [
        "strict", "every", "min_interval", "spin", "cuda", "cuda_device", "framemd5",
    ])]
    pub packets: bool,
    /// Time base of the framemd5 lines [1/fps; 1/1000000000 if the publisher does not tell it].
    #[arg(long, value_name = "N/D", requires = "framemd5")]
    pub time_base: Option<Ratio>,
    /// Report counts and latencies at the end.
    #[arg(long)]
    pub stats: bool,
    /// The report as JSON; with --packets each packet too.
    #[arg(long)]
    pub json: bool,
    /// No progress and no events on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}

impl SubArguments {
    /// Which frames are wanted.
    pub fn mode(&self) -> Mode {
        match self.strict {
            true => Mode::StrictOrder,
            false => Mode::NewestOnly,
        }
    }

    /// True if standard output carries frames or checksums.
    pub fn fills_stdout(&self) -> bool {
        match &self.output {
            Some(path) => path.as_os_str() == "-",
            None => self.framemd5,
        }
    }
}
