//! Arguments of `lend`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use frame_lending::buffers::BufferKind;
use frame_lending::gateway::DEFAULT_GATEWAY;

use super::Trust;

/// Where an engine listens if nobody says otherwise.
const DEFAULT_SOCKET: &str = "/tmp/ai-stream.sock";

/// Lend frames to inference processes, and pass on what they find.
///
/// Inference processes connect to a socket. Each gets the newest frames of all keys, as a JSON
/// message and a descriptor, has so many of each key at a time, and returns each with what it
/// found. A frame that is not returned in time is reported as timed out, and its memory stays the
/// process's for some more time, as that may still look at it. A process that knows the extensions
/// gets frames of host memory in place; any other a copy of each.
///
/// Instead of a key, v4l2:/dev/videoN is a camera of the kernel: every process gets the driver's own
/// buffers, as DMA-BUFs. The camera runs while somebody is connected.
///
/// A key that nobody publishes is waited for. This ends with a signal.
#[derive(Debug, Args)]
pub struct LendArguments {
    /// The keys; or cameras, as v4l2:/dev/video0 or v4l2:/dev/video0,1280x720,NV12.
    #[arg(required = true, value_name = "KEY", value_parser = NonEmptyStringValueParser::new())]
    pub keys: Vec<String>,
    /// The socket at which inference processes connect.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    pub socket: PathBuf,
    /// Who may connect to it and to the gateway: permissions in octal.
    #[arg(long, value_name = "MODE", default_value = "660", value_parser = permissions)]
    pub mode: u32,
    /// Frames of each key that a process may have at a time.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=16))]
    pub window: u16,
    /// How long a process may have a frame, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub timeout_ms: u32,
    /// What copies lie in: memfd; or DMA-BUFs, into which every frame of a key is copied: udmabuf,
    /// or heap:NAME for /dev/dma_heap/NAME.
    #[arg(long, value_name = "KIND", default_value = "memfd", value_parser = BufferKind::from_str)]
    pub buffers: BufferKind,
    /// Processes that are served at a time.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=255))]
    pub max_consumers: u16,
    /// The socket at which what is found is told to whoever listens, as cuframes detections does.
    #[arg(long, value_name = "PATH", default_value = DEFAULT_GATEWAY, conflicts_with = "no_gateway")]
    pub gateway: PathBuf,
    /// Nobody is told what is found.
    #[arg(long)]
    pub no_gateway: bool,
    /// Take frames in the memory of any GPU too. They are lent as a DMA-BUF where the driver exports
    /// one that can be mapped, else copied.
    #[arg(long)]
    pub cuda: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// Report the account of each process and of all, each second and at the end.
    #[arg(long)]
    pub stats: bool,
    /// From one of these reports to the next, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(10..))]
    pub interval_ms: u32,
    /// The reports as JSON, one a line on standard output; without --stats that at the end.
    #[arg(long)]
    pub json: bool,
    /// No events on standard error.
    #[arg(short, long)]
    pub quiet: bool,
}

impl LendArguments {
    /// How long a process may have a frame.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms.into())
    }

    /// From one report to the next.
    #[must_use]
    pub fn interval(&self) -> Duration {
        Duration::from_millis(self.interval_ms.into())
    }
}

fn permissions(text: &str) -> Result<u32, String> {
    let wrong = || format!("'{text}' is no mode; it is octal, as in 660");
    let digits = text.bytes().all(|digit| digit.is_ascii_digit());
    let mode = u32::from_str_radix(text, 8).ok().filter(|_| digits);
    mode.filter(|mode| *mode <= 0o777).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_octal() {
        assert_eq!(permissions("660"), Ok(0o660));
        assert_eq!(permissions("0600"), Ok(0o600));
        for wrong in ["", "680", "1777", "+660", "-1", "rw"] {
            assert!(permissions(wrong).is_err(), "{wrong}");
        }
    }
}
