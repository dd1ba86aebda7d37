//! What a camera's pictures can be.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the bytes of a picture are arranged. The names are VizionStreamer's.
///
/// ```
/// use vizion::PixelFormat;
/// assert_eq!("NV12".parse(), Ok(PixelFormat::Nv12));
/// assert_eq!(PixelFormat::Nv12.frame_size(640, 360), Some(640 * 360 * 3 / 2));
/// assert_eq!(PixelFormat::Mjpg.frame_size(640, 360), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PixelFormat {
    /// 4:2:2, bytes Y U Y V.
    Yuy2,
    /// 4:2:2, bytes U Y V Y.
    Uyvy,
    /// 4:2:0, a plane of Y and one of U and V in turn.
    Nv12,
    /// Each frame a JPEG picture.
    Mjpg,
    /// Bytes B, G, R.
    Bgr,
    /// Bytes R, G, B.
    Rgb,
}

/// Not the name of a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no pixel format '{name}'; use YUY2, UYVY, NV12, MJPG, BGR or RGB")]
pub struct UnknownFormat {
    /// What was given.
    pub name: String,
}

impl PixelFormat {
    /// Every format.
    pub const ALL: [PixelFormat; 6] = [
        PixelFormat::Yuy2,
        PixelFormat::Uyvy,
        PixelFormat::Nv12,
        PixelFormat::Mjpg,
        PixelFormat::Bgr,
        PixelFormat::Rgb,
    ];

    /// Its name, in the socket's JSON and in a frame's header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            PixelFormat::Yuy2 => "YUY2",
            PixelFormat::Uyvy => "UYVY",
            PixelFormat::Nv12 => "NV12",
            PixelFormat::Mjpg => "MJPG",
            PixelFormat::Bgr => "BGR",
            PixelFormat::Rgb => "RGB",
        }
    }

    /// Its number in a frame's header, as in `VX_IMAGE_FORMAT` of VizionSDK. Those of BGR and RGB
    /// follow from the order in which the SDK names them; readers go by the name.
    #[must_use]
    pub const fn number(self) -> u32 {
        match self {
            PixelFormat::Yuy2 => 1,
            PixelFormat::Uyvy => 2,
            PixelFormat::Nv12 => 3,
            PixelFormat::Mjpg => 4,
            PixelFormat::Bgr => 7,
            PixelFormat::Rgb => 9,
        }
    }

    /// Planes of a picture; 0 for JPEG.
    #[must_use]
    pub const fn plane_count(self) -> usize {
        match self {
            PixelFormat::Mjpg => 0,
            PixelFormat::Nv12 => 2,
            _ => 1,
        }
    }

    /// Bytes of a row of `plane`, without padding; 0 for a plane that is not there.
    #[must_use]
    pub const fn row_bytes(self, plane: usize, width: u32) -> usize {
        let width = width as usize;
        match (self, plane) {
            (PixelFormat::Yuy2 | PixelFormat::Uyvy, 0) => width.div_ceil(2) * 4,
            (PixelFormat::Nv12, 0) => width,
            (PixelFormat::Nv12, 1) => width.div_ceil(2) * 2,
            (PixelFormat::Bgr | PixelFormat::Rgb, 0) => width * 3,
            _ => 0,
        }
    }

    /// Rows of `plane`; 0 for a plane that is not there.
    #[must_use]
    pub const fn rows(self, plane: usize, height: u32) -> usize {
        match (self, plane) {
            (PixelFormat::Nv12, 1) => height.div_ceil(2) as usize,
            (PixelFormat::Mjpg, _) => 0,
            (_, 0) => height as usize,
            _ => 0,
        }
    }

    /// Bytes of a picture without padding; `None` for JPEG, whose pictures differ.
    #[must_use]
    pub fn frame_size(self, width: u32, height: u32) -> Option<usize> {
        let plane = |plane| self.row_bytes(plane, width) * self.rows(plane, height);
        (self != PixelFormat::Mjpg).then(|| plane(0) + plane(1))
    }
}

impl fmt::Display for PixelFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.name())
    }
}

impl FromStr for PixelFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<PixelFormat, UnknownFormat> {
        let known = PixelFormat::ALL.into_iter().find(|one| one.name() == name);
        known.ok_or_else(|| UnknownFormat {
            name: name.chars().take(32).collect(),
        })
    }
}

/// Size, rate and pixels of a camera's pictures: one entry of the answer to `get_formats`.
///
/// ```
/// use vizion::{PixelFormat, VideoFormat};
/// let format = VideoFormat { width: 1920, height: 1080, framerate: 30, format: PixelFormat::Yuy2 };
/// assert_eq!(format.to_string(), "1920x1080@30 YUY2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VideoFormat {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Frames a second.
    pub framerate: u32,
    /// How a picture's bytes are arranged.
    pub format: PixelFormat,
}

impl fmt::Display for VideoFormat {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let VideoFormat {
            width,
            height,
            framerate,
            format,
        } = self;
        write!(out, "{width}x{height}@{framerate} {format}")
    }
}

/// Not a format as people write it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no format of video; write it as in: 1920x1080@30 YUY2")]
pub struct InvalidVideoFormat {
    /// What was given.
    pub text: String,
}

impl FromStr for VideoFormat {
    type Err = InvalidVideoFormat;

    /// Takes what is displayed, and also `1920x1080@30:YUY2`, which is one word.
    fn from_str(text: &str) -> Result<VideoFormat, InvalidVideoFormat> {
        let parts = || {
            let (numbers, format) = text.split_once([' ', ':'])?;
            let (size, framerate) = numbers.split_once('@')?;
            let (width, height) = size.split_once('x')?;
            Some(VideoFormat {
                width: digits(width)?,
                height: digits(height)?,
                framerate: digits(framerate)?,
                format: format.parse().ok()?,
            })
        };
        parts().ok_or_else(|| InvalidVideoFormat {
            text: text.chars().take(64).collect(),
        })
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_read_as_it_is_shown() {
        for text in ["1920x1080@30 YUY2", "640x360@240 MJPG"] {
            let format: VideoFormat = text.parse().expect("a format");
            assert_eq!(format.to_string(), text);
            assert_eq!(text.replace(' ', ":").parse(), Ok(format));
        }
        for text in [
            "",
            "1920x1080@30",
            "1920x1080 YUY2",
            "1920x1080@30 RGBA",
            "1920x1080@30 yuy2",
            "1920x+1080@30 YUY2",
            "1920x-1@30 YUY2",
            "1920x1080@30  YUY2",
            "x@ YUY2",
            "1x4294967296@1 BGR",
        ] {
            assert!(text.parse::<VideoFormat>().is_err(), "{text}");
        }
    }
}
