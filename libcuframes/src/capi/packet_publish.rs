//! Publishing encoded packets.

use std::ffi::{c_int, c_void};

use crate::packets::{Codec, PacketMeta, PacketRing};

use super::error::{guard, refuse};
use super::memory;
use super::packets::{cuframes_packet_meta_t, cuframes_packet_ring_t};
use super::publisher::{cuframes_publisher_t, with_publisher};

/// Publishes packets too from now on. A publisher can do so from the start: packets of
/// cuframes_publisher_config_t. Here everyone who is subscribed joins again, with the same
/// geometry, and whoever joins from now on may ask for packets.
///
/// ring: its size; NULL: the defaults.
/// Errors: INVALID_ARGUMENT: there is one already, or a size that cannot be. NO_MEMORY: /dev/shm
/// is full.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_enable_packets(
    publisher: *mut cuframes_publisher_t,
    ring: *const cuframes_packet_ring_t,
) -> c_int {
    guard(|| {
        let ring = match ring.is_null() {
            true => PacketRing::default(),
            // SAFETY: I13: passed on.
            false => PacketRing::from(unsafe { memory::read(ring) }?),
        };
        with_publisher(publisher, |open| Ok(open.live()?.enable_packets(ring)?))
    })
}

/// Sets the codec of the packets and what a decoder has to know before the first one. It takes
/// effect with the next key packet.
///
/// codec: a cuframes_codec_t, or another fourcc. extradata: size bytes, at most 4032:
/// FFmpeg's AVCodecParameters.extradata as it is.
/// Errors: NO_PACKET_RING. INVALID_ARGUMENT: codec is 0, or size is more than 4032.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_set_codec_params(
    publisher: *mut cuframes_publisher_t,
    codec: u32,
    extradata: *const c_void,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let extradata = unsafe { memory::list(extradata.cast::<u8>(), size, "extradata") }?;
        let Some(codec) = Codec::from_fourcc(codec) else {
            return refuse("codec is 0; it is a cuframes_codec_t");
        };
        with_publisher(publisher, |open| {
            Ok(open.live()?.set_codec_params(codec, extradata)?)
        })
    })
}

/// Another name of cuframes_publisher_set_codec_params().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_set_codec_extradata(
    publisher: *mut cuframes_publisher_t,
    codec: u32,
    extradata: *const c_void,
    size: usize,
) -> c_int {
    // SAFETY: I13: passed on.
    unsafe { cuframes_publisher_set_codec_params(publisher, codec, extradata, size) }
}

/// Publishes a packet, of which a copy is made. Nobody is waited for: who reads too slowly loses
/// packets, and goes on with a key packet.
///
/// data: size bytes. meta: NULL says nothing about the packet, not even that it is a key packet.
/// seq: its sequence, for the packet_seq of the frames decoded from it; may be NULL.
/// Errors: PACKET_OVERSIZED: size is 0 or more than the ring takes. NO_PACKET_RING.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish_packet(
    publisher: *mut cuframes_publisher_t,
    data: *const c_void,
    size: usize,
    meta: *const cuframes_packet_meta_t,
    seq: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let data = unsafe { memory::list(data.cast::<u8>(), size, "data") }?;
        let meta = match meta.is_null() {
            true => PacketMeta::default(),
            // SAFETY: I13: passed on.
            false => PacketMeta::from(unsafe { memory::read(meta) }?),
        };
        let published = with_publisher(publisher, |open| {
            Ok(open.live()?.publish_packet(data, &meta)?)
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::offer(seq, published) };
        Ok(())
    })
}
