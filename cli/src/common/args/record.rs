//! Arguments of `record`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::Trust;
use super::values::Patience;

/// Which segments stay when a new one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// So many, the one that is being written among them.
    Segments(usize),
    /// Those that were written to within this time.
    Age(Duration),
    /// As many of the newest as have no more bytes than this together.
    Bytes(u64),
}

impl FromStr for Keep {
    type Err = String;

    fn from_str(text: &str) -> Result<Keep, String> {
        let wrong = || {
            format!(
                "'{text}' is neither a number of segments, as in 48, nor days, as in 7d, nor a \
                 size, as in 500M or 20G"
            )
        };
        let split = text.find(|letter: char| !letter.is_ascii_digit());
        let (digits, unit) = text.split_at(split.unwrap_or(text.len()));
        let number: u64 = digits.parse().map_err(|_| wrong())?;
        let bytes = |shift: u32| number.checked_mul(1 << shift).map(Keep::Bytes);
        let keep = match unit {
            "" => usize::try_from(number).ok().map(Keep::Segments),
            "d" => number
                .checked_mul(24 * 60 * 60)
                .map(|seconds| Keep::Age(Duration::from_secs(seconds))),
            "K" => bytes(10),
            "M" => bytes(20),
            "G" => bytes(30),
            "T" => bytes(40),
            _ => None,
        };
        keep.filter(|_| number > 0).ok_or_else(wrong)
    }
}

/// When what was written is forced to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SyncPolicy {
    /// When a segment is finished.
    Segment,
    /// With each key frame too.
    Fragment,
    /// Whenever the kernel likes.
    Never,
}

/// Seconds, or a number with s, m or h.
pub fn period(text: &str) -> Result<Duration, String> {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let (number, factor) = units
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))
        .unwrap_or((text, 1.0));
    let seconds: Option<f64> = number.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds * factor).ok())
        .filter(|period| !period.is_zero())
        .ok_or_else(|| format!("'{text}' is not a time, as in 90, 60s, 10m or 1h"))
}

/// Record the packets of a key as they are, without decoding them.
///
/// FILE ends with .mp4 (fragmented), .mkv or .ts. It may have %Y %m %d %H %M %S %y %j %s %F %z
/// for the local time at which the segment begins, and %% for a percent sign. A file that is
/// there is never written over: the new one gets the next number, as in cam-1.mp4.
///
/// A recording begins with a key frame, with the newest one that the publisher still has. A new
/// segment begins with the first key frame behind each --segment of the stream's own time, when
/// the publisher is started again or its timestamps begin anew, and when codec or size change.
/// Packets that were overwritten before they were written are counted and told; the recording
/// goes on with a key frame. It waits for a publisher that is gone, and ends with the stream,
/// with --duration, or with SIGINT and SIGTERM, after which the file is complete too.
///
/// A recorder that is killed loses what follows the last key frame that is complete: whole
/// fragments are given to the kernel at once, and survive the end of the program. A power cut
/// they survive from the next fsync on: by default there is one when a segment is finished, with
/// --sync fragment one with each key frame. On a full disk the file is cut back to its last whole
/// fragment, and the exit code is 17.
#[derive(Debug, Args)]
pub struct RecordArguments {
    /// The key.
    pub key: String,
    /// The recording.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Begin a new file after so long: seconds, or as in 60s, 10m and 1h.
    #[arg(long, value_name = "TIME", value_parser = period)]
    pub segment: Option<Duration>,
    /// Remove the oldest segments, of this and of earlier runs: keep so many, those of so many
    /// days (7d), or so many bytes (500M, 20G).
    #[arg(long, value_name = "N|DAYSd|SIZE", requires = "segment")]
    pub keep: Option<Keep>,
    /// Stop after so much of the stream's own time.
    #[arg(long, value_name = "TIME", value_parser = period)]
    pub duration: Option<Duration>,
    /// When what was written is forced to the disk.
    #[arg(long, value_name = "WHEN", default_value = "segment")]
    pub sync: SyncPolicy,
    /// The name that the publisher shows [cuframes-media-PID].
    #[arg(long)]
    pub name: Option<String>,
    /// How long to wait for a publisher that is not there, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "5")]
    pub connect_timeout: Patience,
    /// How long to wait for a publisher that is gone, in seconds, or never.
    #[arg(long, value_name = "S", default_value = "never")]
    pub reconnect_timeout: Patience,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
    /// A line of JSON on standard output for each segment that is begun or finished, and for the
    /// end.
    #[arg(long)]
    pub json: bool,
    /// Say nothing but errors.
    #[arg(short, long)]
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept() {
        let day = Duration::from_secs(86_400);
        assert_eq!("48".parse(), Ok(Keep::Segments(48)));
        assert_eq!("7d".parse(), Ok(Keep::Age(day * 7)));
        assert_eq!("500M".parse(), Ok(Keep::Bytes(500 << 20)));
        assert_eq!("20G".parse(), Ok(Keep::Bytes(20 << 30)));
        for wrong in [
            "",
            "0",
            "0d",
            "d",
            "-1",
            "5x",
            "5 G",
            "99999999999999999999",
            "99999999T",
        ] {
            assert!(wrong.parse::<Keep>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn periods() {
        let seconds = |text| period(text).map(|period| period.as_secs_f64());
        assert_eq!(seconds("90"), Ok(90.0));
        assert_eq!(seconds("60s"), Ok(60.0));
        assert_eq!(seconds("0.5m"), Ok(30.0));
        assert_eq!(seconds("2h"), Ok(7200.0));
        for wrong in ["", "0", "0s", "-1", "s", "5d", "nan", "inf", "1e30h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
