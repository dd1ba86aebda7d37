//! Arguments of `publish` about an INPUT.

use clap::{Args, ValueEnum};

use super::Size;
use super::values::{InputOption, Patience};

/// How RTSP brings the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RtspTransport {
    /// In the connection itself: nothing is lost.
    Tcp,
    /// In packets of their own.
    Udp,
}

impl RtspTransport {
    /// FFmpeg's name.
    pub fn name(self) -> &'static str {
        match self {
            RtspTransport::Tcp => "tcp",
            RtspTransport::Udp => "udp",
        }
    }
}

/// What decodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Hwaccel {
    /// The processor.
    None,
    /// The decoder of an NVIDIA GPU, NVDEC.
    Cuda,
}

/// How an INPUT is read.
#[derive(Debug, Args)]
pub struct IngestArguments {
    /// Convert an INPUT to this width and height.
    #[arg(long, value_name = "WxH", conflicts_with = "test_pattern")]
    pub scale: Option<Size>,
    /// Read a file again and again.
    #[arg(long = "loop", conflicts_with = "test_pattern")]
    pub repeat: bool,
    /// What decodes an INPUT. With cuda, frames that are to be on a GPU (--memory) are copied there
    /// and never come to the host.
    #[arg(
        long,
        value_enum,
        value_name = "WHAT",
        default_value = "none",
        conflicts_with = "test_pattern"
    )]
    pub hwaccel: Hwaccel,
    /// Threads that decode an INPUT [as many as processors, 4 at most].
    #[arg(long, value_name = "N", conflicts_with = "test_pattern", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub threads: Option<u16>,
    /// How RTSP brings the pictures.
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        default_value = "tcp",
        conflicts_with = "test_pattern"
    )]
    pub rtsp_transport: RtspTransport,
    /// An option of FFmpeg's for opening the INPUT, as video_size=640x480; may be repeated.
    #[arg(
        long = "input-option",
        value_name = "NAME=VALUE",
        conflicts_with = "test_pattern"
    )]
    pub input_options: Vec<InputOption>,
    /// How long an input may be silent, in seconds, or never [live: 10, file: never].
    #[arg(long, value_name = "S", conflicts_with = "test_pattern")]
    pub stall_timeout: Option<Patience>,
    /// Open an INPUT again that ended, failed or fell silent [live: yes, file: no]. If it is
    /// asked for, an INPUT that is not there at first is tried again as well.
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", conflicts_with = "test_pattern")]
    pub reconnect: Option<bool>,
}

impl IngestArguments {
    /// Whether there is anything that says nothing without an INPUT.
    pub fn is_given(&self) -> bool {
        self.scale.is_some()
            || self.repeat
            || self.threads.is_some()
            || !self.input_options.is_empty()
            || self.hwaccel != Hwaccel::None
            || self.stall_timeout.is_some()
            || self.reconnect.is_some()
    }
}
