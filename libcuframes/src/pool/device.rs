//! Pixels in the memory of a GPU, as streams reach them.

use crate::format::FrameLayout;

/// One plane of a frame on a GPU: rows of pixels, one every `pitch` bytes. The address is valid
/// in the context of the publisher or subscriber that gave it, for as long as the frame is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePlane {
    /// Device pointer (a `CUdeviceptr`) to the first pixel.
    pub ptr: u64,
    /// Bytes from one row to the next.
    pub pitch: usize,
    /// Bytes of a row that are pixels; the rest up to the pitch is padding.
    pub row_bytes: usize,
    /// Rows.
    pub rows: usize,
}

/// Plane `plane` of a frame of `layout` that begins at `frame`.
pub(super) fn plane_at(frame: u64, layout: &FrameLayout, plane: usize) -> Option<DevicePlane> {
    (plane < layout.plane_count).then(|| DevicePlane {
        ptr: frame + layout.offset(plane) as u64,
        pitch: layout.pitch(plane),
        row_bytes: layout.plane_row_bytes(plane) as usize,
        rows: layout.plane_rows(plane) as usize,
    })
}

/// Rows of the caller's on a GPU, to be copied by a stream.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRows {
    pub(super) first: u64,
    pub(super) pitch: usize,
}

impl DeviceRows {
    /// Rows that begin at the device pointer `first`, one every `pitch` bytes.
    ///
    /// # Safety
    /// As many rows as a copy takes are readable by its stream, until that has done the copy.
    #[must_use]
    pub const unsafe fn new(first: u64, pitch: usize) -> Self {
        DeviceRows { first, pitch }
    }
}
