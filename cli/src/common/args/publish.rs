//! Arguments of `publish`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};
use cuframes::{Format, Policy};

use super::values::{Patience, Ratio, Size, TestPattern, mode, seconds};
use super::{IngestArguments, MemoryName, PacketArguments, SyncName, Trust};

/// Where the frames come from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The test pattern.
    Pattern,
    /// Raw frames from standard input.
    Stdin,
}

/// What happens to a frame when every slot is in use.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum PolicyName {
    /// It is dropped and counted.
    DropOldest,
    /// Readers that may miss nothing are waited for.
    StrictWait,
}

impl From<PolicyName> for Policy {
    fn from(name: PolicyName) -> Policy {
        match name {
            PolicyName::DropOldest => Policy::DropOldest,
            PolicyName::StrictWait => Policy::StrictWait,
        }
    }
}

/// Publish a camera, a video file, a test pattern, or raw frames from standard input.
///
/// INPUT is whatever FFmpeg reads: a file, rtsp://camera/stream, http://camera/video.mjpg,
/// /dev/video0, or lavfi: and a filter graph, as in lavfi:testsrc2=size=640x480. Its frames keep
/// the decoder's own format if it is one that can be published, and are converted otherwise.
/// H.264 and HEVC are decoded straight into the slots of the ring, and their packets, and those
/// of AV1 and MJPEG, are published beside the frames, which say what packet they come from. A
/// live input that ends, fails or falls silent is opened again, and the key stays.
///
/// The pattern has colour bars, a moving box and the frame's number in large digits. The same
/// number is written into the topmost and the lowest rows as a line of black and white cells,
/// 0 and 1, the highest bit on the left: up to 32 of them, each a square of 1, 2, 4 and so on
/// pixels, as large as the width allows. A frame of which the two lines differ is torn.
///
/// The end of the input, or of --frames, is the end of the stream. SIGINT and SIGTERM are not:
/// then the subscribers wait for the key to come back.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("source").required(true).args(["test_pattern", "input", "config"])))]
pub struct PublishArguments {
    /// The key: 1 to 63 bytes of A-Z a-z 0-9 . _ -
    #[arg(long, required_unless_present = "config")]
    pub key: Option<String>,
    /// Publish a moving picture with the frame's number.
    #[arg(long, value_name = "WxH@FPS", conflicts_with_all = ["size", "fps"])]
    pub test_pattern: Option<TestPattern>,
    /// What FFmpeg opens; - for raw frames from standard input, without padding, which need
    /// --size, --format and --fps.
    pub input: Option<String>,
    /// Publish many cameras at once: a TOML file with a table `[[camera]]` for each, whose keys
    /// are key, input and the names of these options, and `[defaults]` for all of them.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Width and height of raw frames.
    #[arg(long, value_name = "WxH", required_if_eq("input", "-"))]
    pub size: Option<Size>,
    /// Frames per second of raw frames: 25, 30000/1001, 12.5. At most so many of an INPUT.
    #[arg(long, value_name = "N", required_if_eq("input", "-"))]
    pub fps: Option<Ratio>,
    /// Pixel format: FFmpeg's name in lower case or a fourcc in upper case [pattern: nv12,
    /// INPUT: the decoder's own, or the nearest].
    #[arg(long, required_if_eq("input", "-"))]
    pub format: Option<Format>,
    /// End the stream after so many frames.
    #[arg(long, value_name = "N")]
    pub frames: Option<u64>,
    /// Publish at most FPS frames per second, or an INPUT at the speed of its time stamps
    /// [pattern: yes, others: no].
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub realtime: Option<bool>,
    /// How an INPUT is read.
    #[command(flatten)]
    pub ingest: IngestArguments,
    /// What becomes of its packets.
    #[command(flatten)]
    pub packets: PacketArguments,
    /// Where the frames are. What auto chose is said on standard error.
    #[arg(long, default_value = "host")]
    pub memory: MemoryName,
    /// What tells subscribers that a frame on a GPU is complete.
    #[arg(long, default_value = "auto")]
    pub sync: SyncName,
    /// The GPU, by its number; frames in host memory need none.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cuda_device: u32,
    /// Slots of the ring, 2 to 16 (default: 8).
    #[arg(long, value_name = "N")]
    pub slots: Option<u32>,
    /// What happens when every slot is in use.
    #[arg(long, default_value = "drop_oldest")]
    pub policy: PolicyName,
    /// How long strict_wait waits for one frame, in seconds.
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub strict_timeout: Duration,
    /// Evict a subscriber for which strict_wait waited in vain.
    #[arg(long)]
    pub evict_lagging: bool,
    /// Most subscribers, 1 to 255 (default: 64).
    #[arg(long, value_name = "N")]
    pub max_subscribers: Option<u32>,
    /// Wait for so many subscribers before the first frame.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub wait_subscribers: usize,
    /// How long to wait for them, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub wait_timeout: Patience,
    /// Frames that one subscriber may hold [a quarter of the slots].
    #[arg(long, value_name = "N")]
    pub max_leases: Option<u32>,
    /// How long a subscriber may hold a frame before it is evicted, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "5")]
    pub lease_timeout: Patience,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// No names in /dev/shm: everything goes over the socket.
    #[arg(long)]
    pub anonymous: bool,
    /// Who may connect, as the octal mode of the socket.
    #[arg(long, value_name = "MODE", default_value = "660", value_parser = mode)]
    pub socket_mode: u32,
    /// Who may map the ring, as the octal mode of its name in /dev/shm.
    #[arg(long, value_name = "MODE", default_value = "640", value_parser = mode)]
    pub segment_mode: u32,
    /// A JSON summary on standard output at the end; of an INPUT, a line of JSON for each event.
    #[arg(long)]
    pub json: bool,
    /// No progress and no summary on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}

/// What is published, however it was given.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    /// Where the frames come from.
    pub source: Source,
    /// Of the picture.
    pub size: Size,
    /// Of its pixels.
    pub format: Format,
    /// Frames per second.
    pub fps: Ratio,
}

impl PublishArguments {
    /// The key; empty for many cameras, of which each has its own.
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }

    /// What FFmpeg opens.
    pub fn film(&self) -> Option<&str> {
        self.input.as_deref().filter(|&input| input != "-")
    }

    /// Whether this is work for `cuframes-media`.
    pub fn needs_ffmpeg(&self) -> bool {
        self.film().is_some() || self.config.is_some()
    }

    /// Refuses what clap cannot tell: options that say nothing about this input.
    pub fn check(&self) -> Result<(), String> {
        match self.film() {
            Some(_) if self.size.is_some() => {
                Err("--size is for raw frames; --scale converts an INPUT".to_owned())
            }
            None if self.packets.is_given() => {
                Err("only an INPUT other than - has packets".to_owned())
            }
            None if self.ingest.is_given() => Err(
                "--scale, --loop, --threads, --hwaccel, --input-option, --stall-timeout and \
                 --reconnect need an INPUT other than -"
                    .to_owned(),
            ),
            _ => Ok(()),
        }
    }

    /// The stream; `None` only if clap let something pass that is not complete.
    pub fn stream(&self) -> Option<Stream> {
        let given = self.test_pattern;
        let source = match given {
            Some(_) => Source::Pattern,
            None => Source::Stdin,
        };
        Some(Stream {
            source,
            size: given.map(|pattern| pattern.size).or(self.size)?,
            format: self.format.or(given.map(|_| Format::Nv12))?,
            fps: given.map(|pattern| pattern.fps).or(self.fps)?,
        })
    }
}
