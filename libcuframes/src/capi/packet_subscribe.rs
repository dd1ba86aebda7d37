//! Reading encoded packets.

use std::ffi::{c_int, c_void};

use super::error::{guard, refuse};
use super::memory;
use super::packets::cuframes_packet_t;
use super::publisher::timeout;
use super::subscriber::{cuframes_subscriber_t, with_subscriber};

/// The next packet, in a buffer of the subscriber's: data of the packet stays valid until the
/// next call with the same subscriber. The first one is a key packet.
///
/// packet: set packet->struct_size before. timeout_ms: 0 polls, negative waits for ever.
/// Errors: WOULD_BLOCK, TIMEOUT: nothing new. PACKET_OVERRUN: packets were overwritten before
/// they were read, said once; call again: the next one is a key packet. NO_CODEC_PARAMS: their
/// publisher died while it wrote them. END_OF_STREAM: now and ever after. DISCONNECTED: the
/// publisher is gone and did not come back. NO_PACKET_RING: it came back without packets.
/// INVALID_ARGUMENT: also if the subscriber asked for no packets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_next_packet(
    subscriber: *mut cuframes_subscriber_t,
    packet: *mut cuframes_packet_t,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        if packet.is_null() {
            return refuse("packet is NULL");
        }
        with_subscriber(subscriber, |open| {
            let next = open.subscriber.next_packet(timeout(timeout_ms))?;
            let found = cuframes_packet_t::new(next.info(), next.data().as_ptr());
            // SAFETY: I13: passed on.
            unsafe { memory::write(packet, &found) }
        })
    })
}

/// The next packet, in a buffer of the caller's, as cuframes_subscriber_next_packet().
///
/// buffer: size bytes.
/// Errors: PACKET_OVERSIZED: it does not fit, and is the next one still; the sentence of
/// cuframes_last_error() says how many bytes it has. A quarter of the ring is always enough.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_next_packet_into(
    subscriber: *mut cuframes_subscriber_t,
    buffer: *mut c_void,
    size: usize,
    packet: *mut cuframes_packet_t,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        if packet.is_null() {
            return refuse("packet is NULL");
        }
        // SAFETY: I13: passed on.
        let buffer = unsafe { memory::buffer(buffer.cast::<u8>(), size, "buffer") }?;
        with_subscriber(subscriber, |open| {
            let info = open
                .subscriber
                .next_packet_into(buffer, timeout(timeout_ms))?;
            let found = cuframes_packet_t::new(&info, buffer.as_ptr());
            // SAFETY: I13: passed on.
            unsafe { memory::write(packet, &found) }
        })
    })
}

/// Codec and extradata: of the packet read last, or before the first one those that the
/// publisher has set last.
///
/// codec: a cuframes_codec_t, or another fourcc; may be NULL. extradata: room for *size bytes, of
/// which 4032 are always enough; NULL asks for the size only. size: how many there are.
/// Errors: NO_CODEC_PARAMS: the publisher has set none yet, which it does with a key packet.
/// INVALID_ARGUMENT: *size is too small, and says now how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_subscriber_get_codec_params(
    subscriber: *mut cuframes_subscriber_t,
    codec: *mut u32,
    extradata: *mut c_void,
    size: *mut usize,
) -> c_int {
    guard(|| {
        let params = with_subscriber(subscriber, |open| Ok(open.subscriber.codec_params()?))?;
        // SAFETY: I13: passed on.
        unsafe { memory::offer(codec, params.codec.fourcc()) };
        if size.is_null() || !size.is_aligned() {
            return refuse("size is NULL or misaligned");
        }
        // SAFETY: I13: it is readable.
        let room = unsafe { size.read() };
        let bytes = &params.extradata;
        // SAFETY: I13: it is writable.
        unsafe { size.write(bytes.len()) };
        if extradata.is_null() {
            return Ok(());
        }
        // SAFETY: I13: passed on.
        let to = unsafe { memory::buffer(extradata.cast::<u8>(), room, "extradata") }?;
        match to.get_mut(..bytes.len()) {
            Some(to) => to.copy_from_slice(bytes),
            None => {
                let needed = bytes.len();
                return refuse(format!("{needed} bytes of extradata, and room for {room}"));
            }
        }
        Ok(())
    })
}
