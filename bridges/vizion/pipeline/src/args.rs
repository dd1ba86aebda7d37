//! The command line.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Parser;
use vizion::VideoFormat;

/// The frames of a cuframes key in a GStreamer pipeline.
///
/// It is what vizion-streamer starts for its pipeline, and runs as well by hand. What happens is told
/// on standard output, as one line of JSON for each event. When standard input ends, or on SIGINT and
/// SIGTERM, what is in the pipeline goes through it, and then the program ends.
#[derive(Debug, Parser)]
#[command(name = "vizion-pipeline", version, max_term_width = 100)]
pub struct Arguments {
    /// Key of the frames
    #[arg(long)]
    pub key: String,

    /// What the frames are, such as 1280x720@30:NV12: YUY2, UYVY, NV12, BGR or RGB, or MJPG, which
    /// are the key's packets
    #[arg(long, value_name = "WxH@FPS:FORMAT", value_parser = video_format)]
    pub format: VideoFormat,

    /// Where a pipeline with an element pay0 is served, as rtsp://ADDR:PORT/stream
    #[arg(long, value_name = "ADDR:PORT")]
    pub rtsp: Option<SocketAddr>,

    /// The elements that the pipeline may be made of; then a property that is a text may only be set
    /// if it is in the list too, as in filesink,filesink.location
    #[arg(long, value_name = "ELEMENTS", value_delimiter = ',')]
    pub allow: Option<Vec<String>>,

    /// Seconds after which a pipeline that takes none of the frames that come is given up
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub stuck_after: Duration,

    /// The pipeline without its source, as for gst-launch-1.0
    #[arg(last = true, required = true)]
    pub pipeline: String,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok();
    seconds
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "use a number of seconds above 0".to_owned())
}

fn video_format(text: &str) -> Result<VideoFormat, String> {
    let refused = || "use WIDTHxHEIGHT@FRAMERATE:FORMAT, such as 1280x720@30:NV12".to_owned();
    let number = |text: &str| text.parse().ok().filter(|&number: &u32| number > 0);
    let (size, rest) = text.split_once('@').ok_or_else(refused)?;
    let (width, height) = size.split_once('x').ok_or_else(refused)?;
    let (framerate, format) = rest.split_once(':').ok_or_else(refused)?;
    Ok(VideoFormat {
        width: number(width).ok_or_else(refused)?,
        height: number(height).ok_or_else(refused)?,
        framerate: number(framerate).ok_or_else(refused)?,
        format: format.parse().map_err(|unknown| format!("{unknown}"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use vizion::PixelFormat;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_format_is_what_the_daemon_writes() {
        let format = VideoFormat {
            width: 1280,
            height: 720,
            framerate: 30,
            format: PixelFormat::Nv12,
        };
        assert_eq!(video_format("1280x720@30:NV12"), Ok(format));
        for text in [
            "",
            "1280x720@30",
            "1280@30:NV12",
            "0x720@30:NV12",
            "1280x720@-1:NV12",
            "1280x720@30:I420",
            "99999999999x1@1:RGB",
        ] {
            assert!(video_format(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_more_than_none() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for text in ["0", "-1", "NaN", "inf", "1e30", "x"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
