//! Pixel formats and how a frame of one lies in memory.

use crate::wire::{
    ErrorCode, Geometry, HEADER_SIZE, MAX_DIMENSION, MAX_PLANES, MemoryKind, PROTO_V1, PixelLayout,
    SLOT_SIZE, StreamFields, SyncKind, fourcc,
};
use core::fmt;
use core::str::FromStr;

/// Bytes to which pitches and plane offsets are rounded up. It is what CUDA's pitched
/// copies and texture units ask for, and a multiple of every SIMD width and cache line.
pub const PITCH_ALIGNMENT: u32 = 256;

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

/// Where each plane of a frame lies and how long its rows are.
///
/// ```
/// use cuframes::format::{Format, FrameLayout};
/// let layout = FrameLayout::new(Format::Nv12, 1920, 1080)?;
/// assert_eq!(layout.frame_size, 3_317_760);
/// assert_eq!(layout.plane_pitch[..2], [2048, 2048]);
/// assert_eq!(layout.plane_offset[..2], [0, 2048 * 1080]);
/// # Ok::<(), cuframes::format::FormatError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FrameLayout {
    /// The pixel format.
    pub format: Format,
    /// Width in pixels, 1 to 32768.
    pub width: u32,
    /// Height in pixels, 1 to 32768.
    pub height: u32,
    /// Planes of the format, 1 to 3.
    pub plane_count: usize,
    /// First byte of each plane, from the frame's first byte; 0 for planes not in use.
    pub plane_offset: [u32; MAX_PLANES],
    /// Bytes from one row to the next of each plane; 0 for planes not in use.
    pub plane_pitch: [u32; MAX_PLANES],
    /// Bytes of the frame, padding included.
    pub frame_size: u64,
}

impl FrameLayout {
    /// The layout that this library gives its own pools: planes one behind the other,
    /// each pitch rounded up to [`PITCH_ALIGNMENT`], so that every row and plane begins
    /// at a multiple of it.
    pub fn new(format: Format, width: u32, height: u32) -> Result<FrameLayout, FormatError> {
        let possible = 1..=MAX_DIMENSION;
        let impossible = FormatError::Size { width, height };
        if !possible.contains(&width) || !possible.contains(&height) {
            return Err(impossible);
        }
        let pixels = format.pixels();
        let (mut plane_offset, mut plane_pitch) = ([0; MAX_PLANES], [0; MAX_PLANES]);
        let mut frame_size = 0u64;
        let places = plane_offset.iter_mut().zip(plane_pitch.iter_mut());
        for (plane, (offset, pitch)) in places.take(pixels.plane_count()).enumerate() {
            *pitch = pixels
                .row_bytes(plane, width)
                .next_multiple_of(PITCH_ALIGNMENT);
            *offset = u32::try_from(frame_size).map_err(|_| impossible.clone())?;
            frame_size += u64::from(*pitch) * u64::from(pixels.rows(plane, height));
        }
        Ok(FrameLayout {
            format,
            width,
            height,
            plane_count: pixels.plane_count(),
            plane_offset,
            plane_pitch,
            frame_size,
        })
    }

    /// The layout of another process's frames. The geometry is checked, so every plane
    /// lies inside `frame_size` bytes.
    pub fn from_geometry(geometry: &Geometry) -> Result<FrameLayout, FormatError> {
        if geometry.is_packets_only() {
            return Err(FormatError::NoFrames);
        }
        Ok(FrameLayout {
            format: Format::from_fourcc(geometry.fourcc)?,
            width: geometry.width,
            height: geometry.height,
            plane_count: geometry.plane_count as usize,
            plane_offset: geometry.plane_offset,
            plane_pitch: geometry.plane_pitch,
            frame_size: geometry.frame_size,
        })
    }

    /// What a publisher of host memory announces of a ring of such frames. Process,
    /// library version and stream description are the caller's to add.
    #[must_use]
    pub fn host_geometry(&self, slot_count: u32, pool_size: u64, epoch: u64) -> Geometry {
        Geometry {
            version: PROTO_V1,
            header_size: HEADER_SIZE as u32,
            slot_size: SLOT_SIZE as u32,
            slot_count,
            memory: MemoryKind::Host,
            sync: SyncKind::Cpu,
            flags: 0,
            width: self.width,
            height: self.height,
            fourcc: self.format.fourcc(),
            plane_count: self.plane_count as u32,
            plane_offset: self.plane_offset,
            plane_pitch: self.plane_pitch,
            frame_size: self.frame_size,
            pool_size,
            device_uuid: [0; 16],
            epoch,
            modifier: 0,
            publisher_pid: 0,
            lib_version: 0,
            publisher_start: 0,
            stream: StreamFields::default(),
        }
    }

    /// First byte of a plane, from the frame's first byte; 0 for a plane that is not there.
    #[must_use]
    pub fn offset(&self, plane: usize) -> usize {
        self.plane_offset
            .get(plane)
            .map_or(0, |&offset| offset as usize)
    }

    /// Bytes from one row of a plane to the next; 0 for a plane that is not there.
    #[must_use]
    pub fn pitch(&self, plane: usize) -> usize {
        self.plane_pitch
            .get(plane)
            .map_or(0, |&pitch| pitch as usize)
    }

    /// Rows of a plane; 0 for a plane that is not there.
    #[must_use]
    pub fn plane_rows(&self, plane: usize) -> u32 {
        self.format.plane_rows(plane, self.height)
    }

    /// Bytes of picture in one row of a plane; 0 for a plane that is not there.
    #[must_use]
    pub fn plane_row_bytes(&self, plane: usize) -> u32 {
        self.format.plane_row_bytes(plane, self.width)
    }

    /// Bytes from a plane's first byte to the last of its last row, the padding behind
    /// that row not included; 0 for a plane that is not there.
    #[must_use]
    pub fn plane_bytes(&self, plane: usize) -> usize {
        let whole_rows = self.plane_rows(plane).saturating_sub(1) as usize;
        self.pitch(plane).saturating_mul(whole_rows) + self.plane_row_bytes(plane) as usize
    }

    /// Bytes of the picture without any padding, see [`Format::packed_size`].
    #[must_use]
    pub fn packed_size(&self) -> u64 {
        self.format.packed_size(self.width, self.height)
    }
}

#[cfg(test)]
mod tests;
