//! What is said about frames and streams, as C has it.

use crate::meta::{Color, ColorRange, Crop, FrameFlags, FrameMeta, Mastering, StreamInfo};
use crate::wire::NO_PTS;

use super::error::Failure;
use super::memory::{self, Versioned};

/// A presentation time that is not known.
pub const CUFRAMES_NO_PTS: i64 = i64::MIN;

const _: () = assert!(CUFRAMES_NO_PTS == NO_PTS);

/// Properties of a frame, to be or-ed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_frame_flag_t {
    /// It was decoded without the help of others.
    CUFRAMES_FRAME_KEY = 1,
    /// The decoder reported errors in it.
    CUFRAMES_FRAME_CORRUPT = 2,
    /// What came before does not lead up to it: the first frame after a new start, a change
    /// of size or a gap in the source.
    CUFRAMES_FRAME_DISCONTINUITY = 4,
    /// It consists of two fields.
    CUFRAMES_FRAME_INTERLACED = 8,
    /// The field with the first row comes first in time.
    CUFRAMES_FRAME_TOP_FIELD_FIRST = 16,
}

/// What is said about one frame. Set to zero, it says nothing but a pts of 0.
///
/// ```c
/// cuframes_frame_meta_t meta = { .struct_size = sizeof(meta), .pts_ns = CUFRAMES_NO_PTS };
/// ```
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_frame_meta_t {
    /// sizeof(cuframes_frame_meta_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// cuframes_frame_flag_t, or-ed. Unknown bits are ignored.
    pub flags: u32,
    /// Presentation time in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS.
    pub pts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// ColourPrimaries of ITU-T H.273, 0 or 2 unknown (1 BT.709, 9 BT.2020).
    pub color_primaries: u8,
    /// TransferCharacteristics of H.273, 0 or 2 unknown (1 BT.709, 16 PQ, 18 HLG).
    pub color_transfer: u8,
    /// MatrixCoefficients of H.273, 0 or 2 unknown (1 BT.709, 6 BT.601).
    pub color_matrix: u8,
    /// 0 unknown, 1 limited (luma 16 to 235), 2 full (0 to 255).
    pub color_range: u8,
    /// Columns to cut off at the left before the picture is shown.
    pub crop_left: u16,
    /// Rows to cut off at the top.
    pub crop_top: u16,
    /// Columns to cut off at the right.
    pub crop_right: u16,
    /// Rows to cut off at the bottom.
    pub crop_bottom: u16,
    /// Zero.
    pub _reserved: u32,
    /// The encoded packet that decoded to this frame, 0 unknown.
    pub packet_seq: u64,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_frame_meta_t {
    const FIRST_SIZE: usize = 48;
    const NAME: &'static str = "cuframes_frame_meta_t";
}

const _: () = assert!(size_of::<cuframes_frame_meta_t>() == 48);

impl From<FrameMeta> for cuframes_frame_meta_t {
    fn from(meta: FrameMeta) -> Self {
        cuframes_frame_meta_t {
            struct_size: size_of::<cuframes_frame_meta_t>() as u32,
            flags: meta.flags.bits(),
            pts_ns: meta.pts.unwrap_or(CUFRAMES_NO_PTS),
            duration_ns: meta.duration,
            color_primaries: meta.color.primaries,
            color_transfer: meta.color.transfer,
            color_matrix: meta.color.matrix,
            color_range: meta.color.range as u8,
            crop_left: meta.crop.left,
            crop_top: meta.crop.top,
            crop_right: meta.crop.right,
            crop_bottom: meta.crop.bottom,
            _reserved: 0,
            packet_seq: meta.packet_seq,
        }
    }
}

impl From<cuframes_frame_meta_t> for FrameMeta {
    fn from(meta: cuframes_frame_meta_t) -> Self {
        FrameMeta {
            pts: Some(meta.pts_ns).filter(|&pts| pts != CUFRAMES_NO_PTS),
            duration: meta.duration_ns,
            flags: FrameFlags::from_bits_truncate(meta.flags),
            color: Color {
                primaries: meta.color_primaries,
                transfer: meta.color_transfer,
                matrix: meta.color_matrix,
                range: ColorRange::from_u8(meta.color_range),
            },
            crop: Crop {
                left: meta.crop_left,
                top: meta.crop_top,
                right: meta.crop_right,
                bottom: meta.crop_bottom,
            },
            packet_seq: meta.packet_seq,
        }
    }
}

/// Reads the meta of a frame; NULL says nothing about it.
///
/// # Safety
/// I13: `meta` is NULL or points to what the header says.
pub(super) unsafe fn read(meta: *const cuframes_frame_meta_t) -> Result<FrameMeta, Failure> {
    if meta.is_null() {
        return Ok(FrameMeta::default());
    }
    // SAFETY: I13: passed on.
    let meta = unsafe { memory::read(meta) }?;
    match meta._reserved {
        0 => Ok(FrameMeta::from(meta)),
        _ => Err(Failure::unsupported(
            "_reserved of cuframes_frame_meta_t is not zero".to_owned(),
        )),
    }
}

/// What is said about a stream as a whole. Set to zero, it says nothing.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_stream_info_t {
    /// sizeof(cuframes_stream_info_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Frames per second, numerator; 0 unknown.
    pub fps_num: u32,
    /// Frames per second, denominator; 0 unknown.
    pub fps_den: u32,
    /// Width of a pixel in relation to its height, numerator; 0 unknown.
    pub sar_num: u32,
    /// Width of a pixel in relation to its height, denominator; 0 unknown.
    pub sar_den: u32,
    /// Chromaticities of the mastering display (SMPTE ST 2086) in units of 0.00002: red x and
    /// y, green x and y, blue x and y, white x and y. All 0 unknown.
    pub mastering_primaries: [u16; 8],
    /// Its largest luminance in units of 0.0001 cd/m2, 0 unknown.
    pub mastering_max_luminance: u32,
    /// Its smallest luminance in units of 0.0001 cd/m2.
    pub mastering_min_luminance: u32,
    /// Maximum content light level in cd/m2, 0 unknown.
    pub max_cll: u16,
    /// Maximum frame-average light level in cd/m2, 0 unknown.
    pub max_fall: u16,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_stream_info_t {
    const FIRST_SIZE: usize = 48;
    const NAME: &'static str = "cuframes_stream_info_t";
}

const _: () = assert!(size_of::<cuframes_stream_info_t>() == 48);

impl From<StreamInfo> for cuframes_stream_info_t {
    fn from(info: StreamInfo) -> Self {
        cuframes_stream_info_t {
            struct_size: size_of::<cuframes_stream_info_t>() as u32,
            fps_num: info.fps.0,
            fps_den: info.fps.1,
            sar_num: info.sar.0,
            sar_den: info.sar.1,
            mastering_primaries: info.mastering.primaries,
            mastering_max_luminance: info.mastering.max_luminance,
            mastering_min_luminance: info.mastering.min_luminance,
            max_cll: info.max_cll,
            max_fall: info.max_fall,
        }
    }
}

impl From<cuframes_stream_info_t> for StreamInfo {
    fn from(info: cuframes_stream_info_t) -> Self {
        StreamInfo {
            fps: (info.fps_num, info.fps_den),
            sar: (info.sar_num, info.sar_den),
            mastering: Mastering {
                primaries: info.mastering_primaries,
                max_luminance: info.mastering_max_luminance,
                min_luminance: info.mastering_min_luminance,
            },
            max_cll: info.max_cll,
            max_fall: info.max_fall,
        }
    }
}
