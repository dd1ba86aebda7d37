//! The structures of `linux/videodev2.h` that cross the door to a driver.
//!
//! Every field is a number for which any bits are a value, so what a driver writes into one is
//! never undefined behaviour. None holds an address but [`Buffer`], which only `queue` makes.

/// `V4L2_BUF_TYPE_VIDEO_CAPTURE`.
pub const CAPTURE: u32 = 1;
/// `V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE`.
pub const CAPTURE_MPLANE: u32 = 9;
/// `V4L2_MEMORY_MMAP`.
pub const MEMORY_MMAP: u32 = 1;

/// `struct v4l2_capability`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Capability {
    pub driver: [u8; 16],
    pub card: [u8; 32],
    pub bus_info: [u8; 32],
    pub version: u32,
    pub capabilities: u32,
    pub device_caps: u32,
    pub reserved: [u32; 3],
}

/// `struct v4l2_fmtdesc`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct FormatDescription {
    pub index: u32,
    pub kind: u32,
    pub flags: u32,
    pub description: [u8; 32],
    pub pixelformat: u32,
    pub mbus_code: u32,
    pub reserved: [u32; 3],
}

/// `struct v4l2_frmsizeenum`. `size` is width and height, or for a range least, most and step of
/// the width and then of the height.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct FrameSize {
    pub index: u32,
    pub pixelformat: u32,
    pub kind: u32,
    pub size: [u32; 6],
    pub reserved: [u32; 2],
}

/// `struct v4l2_fract`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Fraction {
    pub numerator: u32,
    pub denominator: u32,
}

/// `struct v4l2_frmivalenum`. `interval` is one of them, or least, most and step of a range.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct FrameInterval {
    pub index: u32,
    pub pixelformat: u32,
    pub width: u32,
    pub height: u32,
    pub kind: u32,
    pub interval: [Fraction; 3],
    pub reserved: [u32; 2],
}

/// `struct v4l2_format` with a `struct v4l2_pix_format` in it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PictureFormat {
    pub kind: u32,
    pub padding: u32,
    pub width: u32,
    pub height: u32,
    pub pixelformat: u32,
    pub field: u32,
    pub bytesperline: u32,
    pub sizeimage: u32,
    pub colorspace: u32,
    pub private: u32,
    pub flags: u32,
    pub ycbcr_enc: u32,
    pub quantization: u32,
    pub xfer_func: u32,
    pub rest: [[u32; 19]; 2],
}

/// `struct v4l2_plane_pix_format`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PlaneFormat {
    pub sizeimage: u32,
    pub bytesperline: u32,
    pub reserved: [u16; 6],
}

/// `struct v4l2_format` with a `struct v4l2_pix_format_mplane` in it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct PlanesFormat {
    pub kind: u32,
    pub padding: u32,
    pub width: u32,
    pub height: u32,
    pub pixelformat: u32,
    pub field: u32,
    pub colorspace: u32,
    pub planes: [PlaneFormat; 8],
    pub num_planes: u8,
    pub flags: u8,
    pub ycbcr_enc: u8,
    pub quantization: u8,
    pub xfer_func: u8,
    pub reserved: [u8; 7],
    pub rest: [u32; 2],
}

/// `struct v4l2_streamparm` with a `struct v4l2_captureparm` in it.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct StreamParameters {
    pub kind: u32,
    pub capability: u32,
    pub capturemode: u32,
    pub timeperframe: Fraction,
    pub extendedmode: u32,
    pub readbuffers: u32,
    pub reserved: [u32; 4],
    pub rest: [[u32; 20]; 2],
}

/// `struct v4l2_requestbuffers`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct BufferRequest {
    pub count: u32,
    pub kind: u32,
    pub memory: u32,
    pub capabilities: u32,
    pub flags: u8,
    pub reserved: [u8; 3],
}

/// `struct v4l2_plane`; `m` has the offset for mmap in its lower half.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct BufferPlane {
    pub bytesused: u32,
    pub length: u32,
    pub m: u64,
    pub data_offset: u32,
    pub reserved: [u32; 11],
}

/// `struct v4l2_buffer`; `m` has the offset for mmap in its lower half, or the address of the
/// planes.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct Buffer {
    pub index: u32,
    pub kind: u32,
    pub bytesused: u32,
    pub flags: u32,
    pub field: u32,
    pub padding: u32,
    pub seconds: i64,
    pub microseconds: i64,
    pub timecode: [u32; 4],
    pub sequence: u32,
    pub memory: u32,
    pub m: u64,
    pub length: u32,
    pub reserved: u32,
    pub request_fd: i32,
    pub end: u32,
}

/// `struct v4l2_exportbuffer`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct BufferExport {
    pub kind: u32,
    pub index: u32,
    pub plane: u32,
    pub flags: u32,
    pub fd: i32,
    pub reserved: [u32; 11],
}

/// `struct v4l2_queryctrl`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ControlQuery {
    pub id: u32,
    pub kind: u32,
    pub name: [u8; 32],
    pub minimum: i32,
    pub maximum: i32,
    pub step: i32,
    pub default_value: i32,
    pub flags: u32,
    pub reserved: [u32; 2],
}

/// `struct v4l2_querymenu`, whose name may be a number in other menus.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct MenuQuery {
    pub id: u32,
    pub index: u32,
    pub name: [u8; 32],
    pub reserved: u32,
}

/// `struct v4l2_control`.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
pub struct ControlValue {
    pub id: u32,
    pub value: i32,
}

const _: () = {
    assert!(size_of::<Capability>() == 104);
    assert!(size_of::<FormatDescription>() == 64);
    assert!(size_of::<FrameSize>() == 44);
    assert!(size_of::<FrameInterval>() == 52);
    assert!(size_of::<PictureFormat>() == 208);
    assert!(size_of::<PlanesFormat>() == 208);
    assert!(size_of::<StreamParameters>() == 204);
    assert!(size_of::<BufferRequest>() == 20);
    assert!(size_of::<BufferPlane>() == 64);
    assert!(size_of::<Buffer>() == 88);
    assert!(size_of::<BufferExport>() == 64);
    assert!(size_of::<ControlQuery>() == 68);
    assert!(size_of::<MenuQuery>() == 44);
    assert!(size_of::<ControlValue>() == 8);
};
