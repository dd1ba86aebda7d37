//! The structs and numbers of `cuviddec.h` and `nvcuvid.h`, as far as this library reads them.
//!
//! The header check compares each struct, field by field, with the genuine one.

use std::ffi::{c_int, c_long, c_longlong, c_short, c_uchar, c_uint, c_ulong, c_ulonglong, c_void};

/// A `CUresult`: a plain number, since a driver may know more codes than any list.
pub type Code = c_int;

/// The codes that this library answers with.
pub mod code {
    use super::Code;

    pub const SUCCESS: Code = 0;
    pub const INVALID_VALUE: Code = 1;
    pub const NO_DEVICE: Code = 100;
    pub const INVALID_CONTEXT: Code = 201;
    pub const MAP_FAILED: Code = 205;
    pub const INVALID_HANDLE: Code = 400;
    pub const NOT_FOUND: Code = 500;
    pub const NOT_PERMITTED: Code = 800;
    pub const NOT_SUPPORTED: Code = 801;
    pub const UNKNOWN: Code = 999;
}

/// A `cudaVideoCodec` of compressed video: 0 (MPEG-1) to 11 (AV1).
pub mod codec {
    use super::c_uint;

    pub const H264: c_uint = 4;
    pub const HEVC: c_uint = 8;
    pub const VP9: c_uint = 10;
    pub const AV1: c_uint = 11;
    pub const COUNT: c_uint = 12;
}

/// `cudaVideoChromaFormat_420`, the only one here.
pub const CHROMA_420: c_uint = 1;
/// `cudaVideoSurfaceFormat_NV12`.
pub const SURFACE_NV12: c_uint = 0;
/// `cudaVideoSurfaceFormat_P016`.
pub const SURFACE_P016: c_uint = 1;

/// `cudaVideoState_Error`.
pub const SOURCE_ERROR: c_int = -1;

/// Values of `cuvidDecodeStatus`.
pub mod status {
    use super::c_uint;

    pub const INVALID: c_uint = 0;
    pub const SUCCESS: c_uint = 2;
}

/// Flags of a packet for the parser.
pub mod packet {
    use super::c_ulong;

    pub const END_OF_STREAM: c_ulong = 0x01;
    pub const TIMESTAMP: c_ulong = 0x02;
    pub const NOTIFY_END: c_ulong = 0x10;
}

/// `CUVIDDECODECAPS`.
#[repr(C)]
pub struct DecodeCaps {
    pub codec: c_uint,
    pub chroma: c_uint,
    pub bit_depth_minus_8: c_uint,
    pub reserved1: [c_uint; 3],
    pub is_supported: c_uchar,
    pub decoders: c_uchar,
    pub output_formats: u16,
    pub max_width: c_uint,
    pub max_height: c_uint,
    pub max_macroblocks: c_uint,
    pub min_width: u16,
    pub min_height: u16,
    pub is_histogram_supported: c_uchar,
    pub counter_bit_depth: c_uchar,
    pub max_histogram_bins: u16,
    pub reserved3: [c_uint; 10],
}

/// The rectangles inside `CUVIDDECODECREATEINFO`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ShortRect {
    pub left: c_short,
    pub top: c_short,
    pub right: c_short,
    pub bottom: c_short,
}

/// `CUVIDDECODECREATEINFO`.
#[repr(C)]
pub struct CreateInfo {
    pub width: c_ulong,
    pub height: c_ulong,
    pub decode_surfaces: c_ulong,
    pub codec: c_uint,
    pub chroma: c_uint,
    pub flags: c_ulong,
    pub bit_depth_minus_8: c_ulong,
    pub intra_only: c_ulong,
    pub max_width: c_ulong,
    pub max_height: c_ulong,
    pub reserved1: c_ulong,
    pub display_area: ShortRect,
    pub output_format: c_uint,
    pub deinterlace: c_uint,
    pub target_width: c_ulong,
    pub target_height: c_ulong,
    pub output_surfaces: c_ulong,
    pub lock: *mut c_void,
    pub target_rect: ShortRect,
    pub histogram: c_ulong,
    pub reserved2: [c_ulong; 4],
}

/// `CUVIDPICPARAMS`. What belongs to one codec is not looked at.
#[repr(C)]
pub struct PicParams {
    pub width_in_macroblocks: c_int,
    pub height_in_macroblocks: c_int,
    pub index: c_int,
    pub is_field: c_int,
    pub is_bottom_field: c_int,
    pub is_second_field: c_int,
    pub bitstream_len: c_uint,
    pub bitstream: *const c_uchar,
    pub slices: c_uint,
    pub slice_offsets: *const c_uint,
    pub is_reference: c_int,
    pub is_intra: c_int,
    pub reserved: [c_uint; 30],
    pub codec_specific: CodecSpecific,
}

/// The union at the end of `CUVIDPICPARAMS`.
#[repr(C, align(8))]
pub struct CodecSpecific(pub [c_uint; 1024]);

/// `CUVIDPROCPARAMS`.
#[repr(C)]
pub struct ProcParams {
    pub progressive: c_int,
    pub second_field: c_int,
    pub top_field_first: c_int,
    pub unpaired_field: c_int,
    pub reserved_flags: c_uint,
    pub reserved_zero: c_uint,
    pub raw_input: c_ulonglong,
    pub raw_input_pitch: c_uint,
    pub raw_input_format: c_uint,
    pub raw_output: c_ulonglong,
    pub raw_output_pitch: c_uint,
    pub reserved1: c_uint,
    pub output_stream: *mut c_void,
    pub reserved: [c_uint; 46],
    pub histogram: *mut c_ulonglong,
    pub reserved2: [*mut c_void; 1],
}

/// `CUVIDGETDECODESTATUS`.
#[repr(C)]
pub struct DecodeStatus {
    pub status: c_uint,
    pub reserved: [c_uint; 31],
    pub reserved_pointers: [*mut c_void; 8],
}

/// The rectangle inside `CUVIDEOFORMAT`.
#[repr(C)]
pub struct IntRect {
    pub left: c_int,
    pub top: c_int,
    pub right: c_int,
    pub bottom: c_int,
}

/// A fraction inside `CUVIDEOFORMAT`.
#[repr(C)]
pub struct Fraction {
    pub numerator: c_uint,
    pub denominator: c_uint,
}

/// The shape of a pixel of the screen inside `CUVIDEOFORMAT`.
#[repr(C)]
pub struct Aspect {
    pub x: c_int,
    pub y: c_int,
}

/// The colours inside `CUVIDEOFORMAT`. The first byte: three bits of format, one of full range.
#[repr(C)]
pub struct Signal {
    pub format_and_range: c_uchar,
    pub primaries: c_uchar,
    pub transfer: c_uchar,
    pub matrix: c_uchar,
}

/// `CUVIDEOFORMAT`.
#[repr(C)]
pub struct VideoFormat {
    pub codec: c_uint,
    pub frame_rate: Fraction,
    pub progressive: c_uchar,
    pub luma_depth_minus_8: c_uchar,
    pub chroma_depth_minus_8: c_uchar,
    pub min_decode_surfaces: c_uchar,
    pub coded_width: c_uint,
    pub coded_height: c_uint,
    pub display_area: IntRect,
    pub chroma: c_uint,
    pub bitrate: c_uint,
    pub display_aspect_ratio: Aspect,
    pub signal: Signal,
    pub header_len: c_uint,
}

/// `CUVIDSOURCEDATAPACKET`.
#[repr(C)]
pub struct Packet {
    pub flags: c_ulong,
    pub payload_size: c_ulong,
    pub payload: *const c_uchar,
    pub timestamp: c_longlong,
}

/// `CUVIDPARSERDISPINFO`.
#[repr(C)]
pub struct DisplayInfo {
    pub index: c_int,
    pub progressive: c_int,
    pub top_field_first: c_int,
    pub repeat_first_field: c_int,
    pub timestamp: c_longlong,
}

/// A callback of the parser: the user's pointer, and what it tells of.
pub type Callback<T> = Option<unsafe extern "C" fn(*mut c_void, *mut T) -> c_int>;

/// `CUVIDPARSERPARAMS`.
#[repr(C)]
pub struct ParserParams {
    pub codec: c_uint,
    pub max_decode_surfaces: c_uint,
    pub clock_rate: c_uint,
    pub error_threshold: c_uint,
    pub max_display_delay: c_uint,
    /// One bit that says Annex B of AV1; the others are reserved.
    pub annex_b: c_uint,
    pub reserved1: [c_uint; 4],
    pub user: *mut c_void,
    pub on_sequence: Callback<VideoFormat>,
    pub on_decode: Callback<PicParams>,
    pub on_display: Callback<DisplayInfo>,
    pub on_operating_point: Callback<c_void>,
    pub reserved2: [*mut c_void; 6],
    pub ext_video_info: *mut c_void,
}

/// `wchar_t` on Linux.
pub type WideChar = c_int;

const _: () = assert!(size_of::<c_long>() == 8, "this library is for 64 bits");
