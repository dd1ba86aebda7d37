//! Pixel formats and how a frame of one lies in memory.

use crate::wire::{ErrorCode, MAX_DIMENSION, PixelLayout, fourcc};
use core::fmt;
use core::str::FromStr;

mod layout;
#[cfg(test)]
mod tests;

pub use layout::{FrameLayout, PITCH_ALIGNMENT};

/// A format or size that no frame can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Not the name of a format.
    #[error(
        "there is no pixel format {name:?}; use one of {}, or its fourcc in upper case",
        names()
    )]
    UnknownName {
        /// What was given, cut to a readable length.
        name: String,
    },
    /// Not the number of a format.
    #[error(
        "there is no pixel format with the fourcc 0x{fourcc:08X}; the formats are {}",
        names()
    )]
    UnknownFourcc {
        /// What was given.
        fourcc: u32,
    },
    /// Width or height are outside of what a frame can have.
    #[error(
        "a picture of {width}x{height} pixels is not possible; width and height are 1 to {MAX_DIMENSION}"
    )]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The crop of a frame leaves no picture.
    #[error(
        "cutting {left}+{right} columns and {top}+{bottom} rows off a picture of {width}x{height} pixels leaves nothing; the crop must be smaller"
    )]
    Crop {
        /// Columns cut off at the left.
        left: u16,
        /// Rows cut off at the top.
        top: u16,
        /// Columns cut off at the right.
        right: u16,
        /// Rows cut off at the bottom.
        bottom: u16,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The publisher sends packets and no pictures.
    #[error("this publisher has no frames, only encoded packets; subscribe to its packets instead")]
    NoFrames,
}

impl FormatError {
    /// The code of the wire and of the C API.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            FormatError::UnknownFourcc { .. } | FormatError::NoFrames => ErrorCode::Unsupported,
            _ => ErrorCode::InvalidArgument,
        }
    }
}

/// Every FFmpeg name, for messages.
fn names() -> String {
    Format::ALL.map(Format::ffmpeg_name).join(", ")
}

/// A pixel format: how the bytes of a picture are arranged.
///
/// The variants have the names of the DRM fourccs (`drm_fourcc.h`), which read the bytes
/// of an RGB pixel as one little-endian word. FFmpeg's names read them in memory order,
/// so that `Rg24` is FFmpeg's `bgr24`.
///
/// ```
/// use cuframes::format::Format;
/// let format: Format = "bgr24".parse()?;
/// assert_eq!(format, Format::Rg24);
/// assert_eq!(format, "RG24".parse()?);
/// assert_eq!(format.to_string(), "bgr24");
/// # Ok::<(), cuframes::format::FormatError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum Format {
    /// 4:2:0, 8 bit: a plane of Y, a plane of U and V in turn. FFmpeg's `nv12`.
    Nv12 = fourcc::NV12,
    /// 4:2:0, 10 bit in the high bits of little-endian u16: Y, then U and V in turn. FFmpeg's `p010le`.
    P010 = fourcc::P010,
    /// 4:2:0, 8 bit: planes of Y, U and V. FFmpeg's `yuv420p`.
    Yu12 = fourcc::YU12,
    /// 4:2:2, 8 bit: bytes Y U Y V. FFmpeg's `yuyv422`.
    Yuyv = fourcc::YUYV,
    /// 4:2:2, 8 bit: bytes U Y V Y. FFmpeg's `uyvy422`.
    Uyvy = fourcc::UYVY,
    /// Bytes B, G, R. FFmpeg's `bgr24`.
    Rg24 = fourcc::RG24,
    /// Bytes R, G, B. FFmpeg's `rgb24`.
    Bg24 = fourcc::BG24,
    /// Bytes B, G, R, A. FFmpeg's `bgra`.
    Ar24 = fourcc::AR24,
    /// Bytes R, G, B, A. FFmpeg's `rgba`.
    Ab24 = fourcc::AB24,
    /// Bytes B, G, R and one unused. FFmpeg's `bgr0`.
    Xr24 = fourcc::XR24,
    /// Bytes R, G, B and one unused. FFmpeg's `rgb0`.
    Xb24 = fourcc::XB24,
    /// One byte of grey. FFmpeg's `gray`.
    R8 = fourcc::R8,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 12] = [
        Format::Nv12,
        Format::P010,
        Format::Yu12,
        Format::Yuyv,
        Format::Uyvy,
        Format::Rg24,
        Format::Bg24,
        Format::Ar24,
        Format::Ab24,
        Format::Xr24,
        Format::Xb24,
        Format::R8,
    ];

    /// The DRM fourcc, the number of the wire and of the C API.
    #[must_use]
    pub const fn fourcc(self) -> u32 {
        self as u32
    }

    /// The format of a DRM fourcc.
    pub fn from_fourcc(fourcc: u32) -> Result<Format, FormatError> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.fourcc() == fourcc)
            .ok_or(FormatError::UnknownFourcc { fourcc })
    }

    /// The letters of the fourcc without trailing spaces.
    #[must_use]
    pub const fn fourcc_name(self) -> &'static str {
        match self {
            Format::Nv12 => "NV12",
            Format::P010 => "P010",
            Format::Yu12 => "YU12",
            Format::Yuyv => "YUYV",
            Format::Uyvy => "UYVY",
            Format::Rg24 => "RG24",
            Format::Bg24 => "BG24",
            Format::Ar24 => "AR24",
            Format::Ab24 => "AB24",
            Format::Xr24 => "XR24",
            Format::Xb24 => "XB24",
            Format::R8 => "R8",
        }
    }

    /// FFmpeg's name for the same bytes.
    #[must_use]
    pub const fn ffmpeg_name(self) -> &'static str {
        match self {
            Format::Nv12 => "nv12",
            Format::P010 => "p010le",
            Format::Yu12 => "yuv420p",
            Format::Yuyv => "yuyv422",
            Format::Uyvy => "uyvy422",
            Format::Rg24 => "bgr24",
            Format::Bg24 => "rgb24",
            Format::Ar24 => "bgra",
            Format::Ab24 => "rgba",
            Format::Xr24 => "bgr0",
            Format::Xb24 => "rgb0",
            Format::R8 => "gray",
        }
    }

    /// Every format is in the table of the wire, so this is never the empty layout.
    fn pixels(self) -> PixelLayout {
        PixelLayout::of(self.fourcc()).unwrap_or_default()
    }

    /// Number of planes, 1 to 3.
    #[must_use]
    pub fn plane_count(self) -> usize {
        self.pixels().plane_count()
    }

    /// Bytes of picture in one row of a plane, without padding, for a picture `width`
    /// pixels wide; chroma is rounded up. 0 for a plane that the format does not have.
    #[must_use]
    pub fn plane_row_bytes(self, plane: usize, width: u32) -> u32 {
        self.pixels().row_bytes(plane, width)
    }

    /// Rows of a plane of a picture `height` pixels high; chroma is rounded up. 0 for a
    /// plane that the format does not have.
    #[must_use]
    pub fn plane_rows(self, plane: usize, height: u32) -> u32 {
        self.pixels().rows(plane, height)
    }

    /// Bytes of a picture whose rows and planes follow each other without padding, as
    /// raw video files have it.
    ///
    /// ```
    /// use cuframes::format::Format;
    /// assert_eq!(Format::Nv12.packed_size(1920, 1080), 3_110_400);
    /// assert_eq!(Format::Yu12.packed_size(3, 3), 9 + 4 + 4);
    /// ```
    #[must_use]
    pub fn packed_size(self, width: u32, height: u32) -> u64 {
        let pixels = self.pixels();
        let plane = |i| u64::from(pixels.row_bytes(i, width)) * u64::from(pixels.rows(i, height));
        (0..pixels.plane_count())
            .map(plane)
            .fold(0, u64::saturating_add)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.ffmpeg_name())
    }
}

impl FromStr for Format {
    type Err = FormatError;

    /// Takes FFmpeg's name in lower case or the fourcc in upper case.
    fn from_str(name: &str) -> Result<Format, FormatError> {
        const READABLE: usize = 32;
        let matches =
            |format: &Format| format.ffmpeg_name() == name || format.fourcc_name() == name;
        let found = Self::ALL.into_iter().find(matches);
        found.ok_or_else(|| FormatError::UnknownName {
            name: name.chars().take(READABLE).collect(),
        })
    }
}
