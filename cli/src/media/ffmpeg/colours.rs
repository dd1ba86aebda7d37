//! The colours of a conversion.

use std::ffi::c_int;

use ffmpeg_next::ffi;
use ffmpeg_next::software::scaling::Context;

/// Neutral brightness, contrast and saturation in swscale's fixed point.
const NEUTRAL: (c_int, c_int, c_int) = (0, 1 << 16, 1 << 16);

/// Sets the matrix of H.273 of both sides, and whether the range of each is full. False if
/// swscale knows better for these formats, and keeps what it knows.
pub fn set_colours(context: &mut Context, matrix: c_int, from_full: bool, to_full: bool) -> bool {
    // SAFETY: any number is allowed, and the table is static.
    let table = unsafe { ffi::sws_getCoefficients(matrix) };
    let (brightness, contrast, saturation) = NEUTRAL;
    // SAFETY: it is ours as long as `context` is borrowed.
    let raw = unsafe { context.as_mut_ptr() };
    // SAFETY: a context and tables of swscale's own.
    let set = unsafe {
        ffi::sws_setColorspaceDetails(
            raw,
            table,
            from_full.into(),
            table,
            to_full.into(),
            brightness,
            contrast,
            saturation,
        )
    };
    set >= 0
}
