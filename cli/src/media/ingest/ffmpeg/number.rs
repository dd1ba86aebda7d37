//! A number that a decoder carries from a packet to the picture in it. FFmpeg 5 has a field of
//! its context for that, later ones copy a pointer.

#[cfg(not(ffmpeg_carries_pointers))]
pub use context::{give, of, prepare};
#[cfg(ffmpeg_carries_pointers)]
pub use pointer::{give, of, prepare};

#[cfg(not(ffmpeg_carries_pointers))]
mod context {
    use ffmpeg_next::Packet;
    use ffmpeg_next::codec::{context::Context, decoder};
    use ffmpeg_next::frame::Video;

    use super::super::picture::raw;

    /// Nothing is to be done.
    pub fn prepare(_context: &mut Context) {}

    /// What `decoder` is given next has this number.
    pub fn give(decoder: &mut decoder::Video, _packet: &mut Packet, number: u64) {
        let number = i64::try_from(number).unwrap_or(0);
        // SAFETY: it is written before the borrow of the decoder ends.
        let context = unsafe { decoder.as_mut_ptr() };
        // SAFETY: the context is open, and its threads read their copies of this.
        unsafe { (*context).reordered_opaque = number };
    }

    /// The number of the packet of `frame`, 0 unknown.
    pub fn of(frame: &Video) -> u64 {
        u64::try_from(raw(frame).reordered_opaque).unwrap_or(0)
    }
}

#[cfg(ffmpeg_carries_pointers)]
mod pointer {
    use std::ptr;

    use ffmpeg_next::Packet;
    use ffmpeg_next::codec::{context::Context, decoder};
    use ffmpeg_next::ffi::AV_CODEC_FLAG_COPY_OPAQUE;
    use ffmpeg_next::frame::Video;
    use ffmpeg_next::packet::Mut;

    use super::super::picture::raw;

    /// Has the pointers carried.
    pub fn prepare(context: &mut Context) {
        // SAFETY: it is written before the borrow of the context ends.
        let context = unsafe { context.as_mut_ptr() };
        // SAFETY: the context is not open yet, and nobody else has it.
        unsafe { (*context).flags |= AV_CODEC_FLAG_COPY_OPAQUE as i32 };
    }

    /// What is given with `packet` has this number.
    pub fn give(_decoder: &mut decoder::Video, packet: &mut Packet, number: u64) {
        let number = usize::try_from(number).unwrap_or(0);
        let packet = packet.as_mut_ptr();
        // SAFETY: the packet is there; FFmpeg copies this pointer and never follows it.
        unsafe { (*packet).opaque = ptr::without_provenance_mut(number) };
    }

    /// The number of the packet of `frame`, 0 unknown.
    pub fn of(frame: &Video) -> u64 {
        raw(frame).opaque.addr() as u64
    }
}
