//! Pixel formats and layouts as C has them.

use std::ffi::c_int;

use crate::error::Error;
use crate::format::{Format, FrameLayout};

use super::error::{Failure, guard_value, refuse};
use super::memory::Versioned;

/// Pixel formats. The values are DRM fourccs (drm_fourcc.h), whose names read an RGB pixel
/// as one little-endian word: RG24 has the bytes B, G, R.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_format_t {
    /// 4:2:0, 8 bit: a plane of Y, a plane of U and V in turn. FFmpeg's nv12.
    CUFRAMES_FORMAT_NV12 = 0x3231564E,
    /// 4:2:0, 10 bit in the high bits of 16: Y, then U and V in turn. FFmpeg's p010le.
    CUFRAMES_FORMAT_P010 = 0x30313050,
    /// 4:2:0, 8 bit: planes of Y, U and V. FFmpeg's yuv420p.
    CUFRAMES_FORMAT_YU12 = 0x32315559,
    /// 4:2:2, 8 bit: bytes Y U Y V. FFmpeg's yuyv422.
    CUFRAMES_FORMAT_YUYV = 0x56595559,
    /// 4:2:2, 8 bit: bytes U Y V Y. FFmpeg's uyvy422.
    CUFRAMES_FORMAT_UYVY = 0x59565955,
    /// Bytes B, G, R. FFmpeg's bgr24.
    CUFRAMES_FORMAT_RG24 = 0x34324752,
    /// Bytes R, G, B. FFmpeg's rgb24.
    CUFRAMES_FORMAT_BG24 = 0x34324742,
    /// Bytes B, G, R, A. FFmpeg's bgra.
    CUFRAMES_FORMAT_AR24 = 0x34325241,
    /// Bytes R, G, B, A. FFmpeg's rgba.
    CUFRAMES_FORMAT_AB24 = 0x34324241,
    /// Bytes B, G, R and one unused. FFmpeg's bgr0.
    CUFRAMES_FORMAT_XR24 = 0x34325258,
    /// Bytes R, G, B and one unused. FFmpeg's rgb0.
    CUFRAMES_FORMAT_XB24 = 0x34324258,
    /// One byte of grey. FFmpeg's gray.
    CUFRAMES_FORMAT_R8 = 0x20203852,
}

/// Where the planes of a frame lie. All sizes are in bytes; what belongs to planes beyond
/// plane_count is 0.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_layout_t {
    /// sizeof(cuframes_layout_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// A cuframes_format_t.
    pub format: i32,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
    /// Planes of the format, 1 to 3.
    pub plane_count: u32,
    /// First byte of each plane, from the first byte of plane 0.
    pub plane_offset: [u32; 4],
    /// From one row to the next.
    pub plane_pitch: [u32; 4],
    /// Rows of each plane.
    pub plane_rows: [u32; 4],
    /// Pixels of one row; the rest up to the pitch is padding.
    pub plane_row_bytes: [u32; 4],
    /// All planes, padding included.
    pub frame_size: u64,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_layout_t {
    const FIRST_SIZE: usize = 96;
    const NAME: &'static str = "cuframes_layout_t";
}

impl From<&FrameLayout> for cuframes_layout_t {
    fn from(layout: &FrameLayout) -> Self {
        cuframes_layout_t {
            struct_size: size_of::<cuframes_layout_t>() as u32,
            format: fourcc(layout.format),
            width: signed(layout.width),
            height: signed(layout.height),
            plane_count: layout.plane_count as u32,
            plane_offset: layout.plane_offset,
            plane_pitch: layout.plane_pitch,
            plane_rows: std::array::from_fn(|plane| layout.plane_rows(plane)),
            plane_row_bytes: std::array::from_fn(|plane| layout.plane_row_bytes(plane)),
            frame_size: layout.frame_size,
        }
    }
}

/// A dimension or pitch for C; all of ours are far below the limit.
pub(super) fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The number of a format in C.
pub(super) fn fourcc(format: Format) -> i32 {
    format.fourcc() as i32
}

/// The format of a number from C.
pub(super) fn format(number: i32) -> Result<Format, Failure> {
    Ok(Format::from_fourcc(number as u32).map_err(Error::from)?)
}

/// Width and height from C.
pub(super) fn dimensions(width: i32, height: i32) -> Result<(u32, u32), Failure> {
    match (u32::try_from(width), u32::try_from(height)) {
        (Ok(width), Ok(height)) => Ok((width, height)),
        _ => refuse(format!(
            "a picture of {width}x{height} pixels is not possible; width and height are 1 to 32768"
        )),
    }
}

/// Bytes of one frame as a publisher of this library lays it out: rows padded to a multiple
/// of 256 bytes, planes one behind the other. NV12 of 1920x1080 has 3317760.
///
/// format: a cuframes_format_t. width, height: in pixels, 1 to 32768.
/// Returns: bytes, or a negative cuframes_error_t.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_calc_frame_size(format: i32, width: i32, height: i32) -> i64 {
    let size = || {
        let (width, height) = dimensions(width, height)?;
        let layout = FrameLayout::new(self::format(format)?, width, height)?;
        Ok(i64::try_from(layout.frame_size).unwrap_or(i64::MAX))
    };
    guard_value(size, |code: c_int| i64::from(code))
}

const _: () = assert!(size_of::<cuframes_layout_t>() == 96);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formats_of_c_are_those_of_the_library() {
        use cuframes_format_t::*;
        let numbers = [
            CUFRAMES_FORMAT_NV12,
            CUFRAMES_FORMAT_P010,
            CUFRAMES_FORMAT_YU12,
            CUFRAMES_FORMAT_YUYV,
            CUFRAMES_FORMAT_UYVY,
            CUFRAMES_FORMAT_RG24,
            CUFRAMES_FORMAT_BG24,
            CUFRAMES_FORMAT_AR24,
            CUFRAMES_FORMAT_AB24,
            CUFRAMES_FORMAT_XR24,
            CUFRAMES_FORMAT_XB24,
            CUFRAMES_FORMAT_R8,
        ];
        assert_eq!(numbers.len(), Format::ALL.len());
        for (number, format) in numbers.into_iter().zip(Format::ALL) {
            assert_eq!(number as u32, format.fourcc());
            assert!(format!("{number:?}").ends_with(format.fourcc_name()));
        }
    }
}
