//! What a container says about a stream's coding.

use std::slice;

use ffmpeg_next::codec::Parameters;

/// The headers that stand outside of the packets; empty if there are none.
pub fn headers(parameters: &Parameters) -> Vec<u8> {
    // SAFETY: it is read as long as `parameters` is there.
    let raw = unsafe { parameters.as_ptr() };
    // SAFETY: parameters that are there do not change while they are borrowed.
    let raw = unsafe { &*raw };
    match usize::try_from(raw.extradata_size) {
        Ok(size) if size > 0 && !raw.extradata.is_null() => {
            // SAFETY: FFmpeg has so many bytes there.
            unsafe { slice::from_raw_parts(raw.extradata, size) }.to_vec()
        }
        _ => Vec::new(),
    }
}
