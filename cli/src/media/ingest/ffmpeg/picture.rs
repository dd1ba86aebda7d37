//! Looking at decoded pictures.

use std::slice;

use cuframes::Format;
use ffmpeg_next::ffi::AVFrame;
use ffmpeg_next::frame::Video;

/// The frame as FFmpeg has it.
pub(super) fn raw(frame: &Video) -> &AVFrame {
    // SAFETY: it is read as long as `frame` is there.
    let raw = unsafe { frame.as_ptr() };
    // SAFETY: a `Video` has a frame, which does not change while it is borrowed.
    unsafe { &*raw }
}

/// Address of the first byte of the picture, by which a slot is found again.
pub fn address(frame: &Video) -> usize {
    raw(frame).data[0].addr()
}

/// The planes of a frame of `format`, each with its pitch. `None` for one that has no such
/// planes, or whose rows go upwards.
pub fn planes(frame: &Video, format: Format) -> Option<Vec<(&[u8], usize)>> {
    (0..format.plane_count())
        .map(|plane| plane_of(frame, format, plane))
        .collect()
}

fn plane_of(frame: &Video, format: Format, plane: usize) -> Option<(&[u8], usize)> {
    let raw = raw(frame);
    let (data, pitch) = (raw.data.get(plane)?, *raw.linesize.get(plane)?);
    let pitch = usize::try_from(pitch).ok()?;
    let row = format.plane_row_bytes(plane, frame.width()) as usize;
    let rows = format.plane_rows(plane, frame.height()) as usize;
    if data.is_null() || pitch < row || rows == 0 {
        return None;
    }
    let bytes = pitch.checked_mul(rows - 1)?.checked_add(row)?;
    // SAFETY: a frame of this format has so many rows of so many bytes, one every pitch bytes,
    // and they stay and nobody writes them as long as the frame refers to them.
    let pixels = unsafe { slice::from_raw_parts(*data, bytes) };
    Some((pixels, pitch))
}
