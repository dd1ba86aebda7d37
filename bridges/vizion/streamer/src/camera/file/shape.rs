//! What the program says of a file.

use cuframes::Format;
use serde::Deserialize;
use vizion::PixelFormat;

use crate::camera::cuframes::{format_of_key, rate};

/// Size, rate and pixels of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames a second, to the nearest whole number.
    pub framerate: u32,
    /// Its own pixels, if a camera can have them.
    pub own: Option<PixelFormat>,
}

/// The event that tells of a stream.
#[derive(Deserialize)]
struct Event {
    event: String,
    width: u32,
    height: u32,
    fps: Option<String>,
    frames: Option<Frames>,
}

#[derive(Deserialize)]
struct Frames {
    fourcc: String,
}

/// The shape that a line of events tells; `None` if it tells of something else.
pub fn of_line(line: &str) -> Option<Shape> {
    let event: Event = serde_json::from_str(line).ok()?;
    let own = event.frames.and_then(|frames| {
        let format: Format = frames.fourcc.parse().ok()?;
        format_of_key(format)
    });
    (event.event == "stream").then(|| Shape {
        width: event.width,
        height: event.height,
        framerate: rate(event.fps.as_deref().and_then(ratio).unwrap_or_default()),
        own,
    })
}

fn ratio(text: &str) -> Option<(u32, u32)> {
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    Some((numerator.parse().ok()?, denominator.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_about_the_stream_tells_the_shape() {
        let line = r#"{"event":"stream","time_ms":1,"codec":"h264","fps":"30000/1001",
            "frames":{"format":"nv12","fourcc":"NV12","memory":"host","slots":8},
            "height":180,"key":"k","packets":null,"width":320}"#;
        let shape = Shape {
            width: 320,
            height: 180,
            framerate: 30,
            own: Some(PixelFormat::Nv12),
        };
        assert_eq!(of_line(line), Some(shape));
        let planar = line
            .replace("NV12", "YU12")
            .replace("\"30000/1001\"", "null");
        assert_eq!(of_line(&planar), Some(Shape { own: None, ..shape }));
    }

    #[test]
    fn other_lines_tell_none() {
        for line in [
            "",
            "{",
            r#"{"event":"opened","width":1,"height":1}"#,
            r#"{"event":"stream"}"#,
        ] {
            assert_eq!(of_line(line), None, "{line}");
        }
    }
}
