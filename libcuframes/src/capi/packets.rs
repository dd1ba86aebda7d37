//! Encoded packets as C has them: what is said of one, and of a ring.

use std::ffi::c_int;

use crate::packets::{PacketFlags, PacketInfo, PacketMeta, PacketRing, PacketStart};
use crate::publisher::PublisherBuilder;
use crate::subscriber::SubscriberBuilder;

use super::error::{Failure, refuse};
use super::memory::Versioned;
use super::meta::CUFRAMES_NO_PTS;

/// Codecs of packets, by their fourcc.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_codec_t {
    /// H.264. Length-prefixed if the first byte of extradata is 1, else Annex B.
    CUFRAMES_CODEC_H264 = 0x3436_3248,
    /// H.265. Length-prefixed if the first byte of extradata is 1, else Annex B.
    CUFRAMES_CODEC_HEVC = 0x4356_4548,
    /// AV1.
    CUFRAMES_CODEC_AV1 = 0x3130_5641,
    /// Motion JPEG.
    CUFRAMES_CODEC_MJPEG = 0x4750_4a4d,
}

/// Whether there are packets, or whether they are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_packets_t {
    /// Frames only.
    CUFRAMES_PACKETS_NONE = 0,
    /// Packets beside the frames.
    CUFRAMES_PACKETS_BESIDE = 1,
    /// Packets and no frames.
    CUFRAMES_PACKETS_ONLY = 2,
}

/// Where a subscriber's packets begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_packet_start_t {
    /// With the newest key packet that is still in the ring, or else the next one.
    CUFRAMES_PACKETS_FROM_KEYFRAME = 0,
    /// With the next key packet.
    CUFRAMES_PACKETS_FROM_NEXT = 1,
}

/// Properties of a packet, to be or-ed together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_packet_flag_t {
    /// It decodes without those before it.
    CUFRAMES_PACKET_KEY = 1,
    /// Known to be damaged.
    CUFRAMES_PACKET_CORRUPT = 2,
    /// What came before does not lead up to it.
    CUFRAMES_PACKET_DISCONTINUITY = 4,
    /// The first one of its codec parameters; set by the ring.
    CUFRAMES_PACKET_NEW_EXTRADATA = 8,
}

/// How large a packet ring is; 0 means the default everywhere.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_packet_ring_t {
    /// sizeof(cuframes_packet_ring_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// Packets that it holds at most, 8 to 4096, rounded up to a power of two; 0: 64.
    pub slots: u32,
    /// Bytes of all packets that it holds, rounded up to a power of two; 0: 8 MiB.
    pub bytes: u64,
    /// Bytes of the largest packet that is accepted; 0: a quarter of bytes, which is the most.
    pub largest: u64,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_packet_ring_t {
    const FIRST_SIZE: usize = 24;
    const NAME: &'static str = "cuframes_packet_ring_t";
}

const _: () = assert!(size_of::<cuframes_packet_ring_t>() == 24);

impl From<cuframes_packet_ring_t> for PacketRing {
    fn from(ring: cuframes_packet_ring_t) -> Self {
        let default = PacketRing::default();
        PacketRing {
            slots: Some(ring.slots)
                .filter(|&n| n != 0)
                .unwrap_or(default.slots),
            bytes: Some(ring.bytes)
                .filter(|&n| n != 0)
                .unwrap_or(default.bytes),
            largest: Some(ring.largest).filter(|&n| n != 0),
        }
    }
}

/// What is said about a packet that is published. Set to zero, it says nothing but times of 0.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_packet_meta_t {
    /// sizeof(cuframes_packet_meta_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// cuframes_packet_flag_t, or-ed. Unknown bits are ignored.
    pub flags: u32,
    /// Presentation time in nanoseconds on the clock of the frames, or CUFRAMES_NO_PTS.
    pub pts_ns: i64,
    /// Decoding time in nanoseconds on the same clock, or CUFRAMES_NO_PTS.
    pub dts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// Which stream of the source, 0 video.
    pub stream_index: u32,
    /// Zero.
    pub _reserved: u32,
}

// SAFETY: I11: numbers only, struct_size first.
unsafe impl Versioned for cuframes_packet_meta_t {
    const FIRST_SIZE: usize = 40;
    const NAME: &'static str = "cuframes_packet_meta_t";
}

const _: () = assert!(size_of::<cuframes_packet_meta_t>() == 40);

impl From<cuframes_packet_meta_t> for PacketMeta {
    fn from(meta: cuframes_packet_meta_t) -> Self {
        PacketMeta {
            pts: Some(meta.pts_ns).filter(|&pts| pts != CUFRAMES_NO_PTS),
            dts: Some(meta.dts_ns).filter(|&dts| dts != CUFRAMES_NO_PTS),
            duration: meta.duration_ns,
            flags: PacketFlags::from_bits_truncate(meta.flags),
            stream_index: meta.stream_index,
        }
    }
}

/// A packet that was read. Set struct_size before.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct cuframes_packet_t {
    /// sizeof(cuframes_packet_t), or 0 for that of the first release.
    pub struct_size: u32,
    /// cuframes_packet_flag_t, or-ed.
    pub flags: u32,
    /// Its sequence, which frames name that were decoded from it.
    pub seq: u64,
    /// Its bytes: FFmpeg's AVPacket.data as it is.
    pub data: *const u8,
    /// How many.
    pub size: usize,
    /// Presentation time in nanoseconds, or CUFRAMES_NO_PTS.
    pub pts_ns: i64,
    /// Decoding time in nanoseconds, or CUFRAMES_NO_PTS.
    pub dts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// When it was published, as cuframes_now_ns().
    pub publish_ns: u64,
    /// Which stream of the source, 0 video.
    pub stream_index: u32,
    /// Zero.
    pub _reserved: u32,
}

// SAFETY: I11: numbers and a pointer only, struct_size first.
unsafe impl Versioned for cuframes_packet_t {
    const FIRST_SIZE: usize = 72;
    const NAME: &'static str = "cuframes_packet_t";
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<cuframes_packet_t>() == 72);

impl cuframes_packet_t {
    /// The packet whose bytes are at `data`.
    pub(super) fn new(info: &PacketInfo, data: *const u8) -> Self {
        cuframes_packet_t {
            struct_size: size_of::<cuframes_packet_t>() as u32,
            flags: info.flags.bits(),
            seq: info.seq,
            data,
            size: info.size,
            pts_ns: info.pts.unwrap_or(CUFRAMES_NO_PTS),
            dts_ns: info.dts.unwrap_or(CUFRAMES_NO_PTS),
            duration_ns: info.duration,
            publish_ns: info.publish_ns,
            stream_index: info.stream_index,
            _reserved: 0,
        }
    }
}

/// The packets that a publisher's description asks for.
pub(super) fn publish(
    builder: PublisherBuilder,
    packets: c_int,
    ring: PacketRing,
) -> Result<PublisherBuilder, Failure> {
    match packets {
        0 if ring == PacketRing::default() => Ok(builder),
        0 => refuse("the size of a packet ring, and packets is CUFRAMES_PACKETS_NONE"),
        1 => Ok(builder.enable_packets(ring)),
        2 => Ok(builder.enable_packets(ring).packets_only()),
        _ => refuse(format!("packets is {packets}; it is a cuframes_packets_t")),
    }
}

/// The packets that a subscriber's description asks for.
pub(super) fn subscribe(
    builder: SubscriberBuilder,
    packets: c_int,
    from: c_int,
) -> Result<SubscriberBuilder, Failure> {
    let start = match from {
        0 => PacketStart::Keyframe,
        1 => PacketStart::Next,
        _ => {
            return refuse(format!(
                "packets_from is {from}; it is a cuframes_packet_start_t"
            ));
        }
    };
    match packets {
        0 => Ok(builder),
        1 => Ok(builder.packets(start)),
        2 => Ok(builder.packets_only(start)),
        _ => refuse(format!("packets is {packets}; it is a cuframes_packets_t")),
    }
}

#[cfg(test)]
mod tests {
    use super::cuframes_codec_t::*;
    use crate::packets::Codec;

    #[test]
    fn the_numbers_of_c_are_those_of_the_wire() {
        let pairs = [
            (CUFRAMES_CODEC_H264, Codec::H264),
            (CUFRAMES_CODEC_HEVC, Codec::HEVC),
            (CUFRAMES_CODEC_AV1, Codec::AV1),
            (CUFRAMES_CODEC_MJPEG, Codec::MJPEG),
        ];
        for (number, codec) in pairs {
            assert_eq!(number as u32, codec.fourcc(), "{codec}");
        }
    }
}
