//! What a container says about a stream's coding.

use std::slice;

use ffmpeg_next::Packet;
use ffmpeg_next::codec::Parameters;
use ffmpeg_next::codec::packet::side_data::Type;
use ffmpeg_next::ffi::AVCodecParameters;
use ffmpeg_next::format::stream::Stream;

/// The headers that stand outside of the packets; empty if there are none.
pub fn headers(parameters: &Parameters) -> Vec<u8> {
    let raw = raw(parameters);
    match usize::try_from(raw.extradata_size) {
        Ok(size) if size > 0 && !raw.extradata.is_null() => {
            // SAFETY: FFmpeg has so many bytes there.
            unsafe { slice::from_raw_parts(raw.extradata, size) }.to_vec()
        }
        _ => Vec::new(),
    }
}

/// New ones, which come with a packet.
pub fn new_headers(packet: &Packet) -> Option<Vec<u8>> {
    let mut data = packet.side_data();
    let found = data.find(|data| data.kind() == Type::NewExtraData)?;
    Some(found.data().to_vec())
}

/// Width and height, as far as they are known.
pub fn size(parameters: &Parameters) -> (u32, u32) {
    let raw = raw(parameters);
    let number = |number| u32::try_from(number).unwrap_or(0);
    (number(raw.width), number(raw.height))
}

/// Pictures that may be shown later than they are decoded, as far as that is known.
pub fn delay(parameters: &Parameters) -> u32 {
    u32::try_from(raw(parameters).video_delay).unwrap_or(0)
}

/// Bits per second, 0 unknown.
pub fn bit_rate(parameters: &Parameters) -> u64 {
    u64::try_from(raw(parameters).bit_rate).unwrap_or(0)
}

/// How many bits the times of a stream have.
pub fn time_bits(stream: &Stream<'_>) -> u32 {
    // SAFETY: it is read as long as `stream` is there.
    let raw = unsafe { stream.as_ptr() };
    // SAFETY: a stream of an open input, which nobody changes meanwhile.
    let bits = unsafe { (*raw).pts_wrap_bits };
    u32::try_from(bits).unwrap_or(0)
}

fn raw(parameters: &Parameters) -> &AVCodecParameters {
    // SAFETY: it is read as long as `parameters` is there.
    let raw = unsafe { parameters.as_ptr() };
    // SAFETY: parameters that are there do not change while they are borrowed.
    unsafe { &*raw }
}
