//! The packet segment: header, slots and data of the encoded packet ring, protocol version 2.

use super::{PacketGrant, StreamState, WireError};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

mod check;
#[cfg(test)]
mod tests;

pub use check::PacketGeometry;

/// First word of the packet segment.
pub const PACKET_MAGIC: u32 = 0xCC7C_1DCD;
/// The version of the segment's layout.
pub const PACKET_VERSION: u32 = 2;

/// Offset of the u32 `extradata_size`.
pub const EXTRADATA_SIZE: usize = 0x000C;
/// Offset of the u32 `codec`.
pub const CODEC: usize = 0x0018;
/// Offset of the u32 `extradata_gen`: odd while codec and extradata are being written.
pub const EXTRADATA_GEN: usize = 0x001C;
/// Offset of the u64 `head_seq`: the newest packet, 0 none.
pub const HEAD_SEQ: usize = 0x0020;
/// Offset of the u64 `last_keyframe_seq`.
pub const LAST_KEYFRAME_SEQ: usize = 0x0028;
/// Offset of the u64 `data_head`: bytes reserved so far in all.
pub const DATA_HEAD: usize = 0x0030;
/// Offset of the u32 `packet_futex`.
pub const PACKET_FUTEX: usize = 0x0038;
/// Offset of the u32 `state`.
pub const STATE: usize = 0x003C;
/// Offset of the u32 `publisher_pid`.
pub const PUBLISHER_PID: usize = 0x0050;
/// Offset of the first byte of extradata.
pub const EXTRADATA: usize = 0x0080;
/// Offset of slot 0; behind the last slot the data begins.
pub const SLOTS: usize = 0x1040;

/// Most bytes of extradata.
pub const MAX_EXTRADATA: usize = 4032;
/// Bytes of one slot.
pub const PACKET_SLOT_SIZE: usize = 64;
/// What packets are aligned to in the data.
pub const PACKET_ALIGN: u64 = 64;
/// Fewest slots of a packet ring.
pub const MIN_PACKET_SLOTS: u32 = 8;
/// Most slots of a packet ring.
pub const MAX_PACKET_SLOTS: u32 = 4096;
/// Fewest bytes of data.
pub const MIN_PACKET_DATA: u64 = 4096;
/// Slots unless the publisher says otherwise.
pub const DEFAULT_PACKET_SLOTS: u32 = 64;
/// Bytes of data unless the publisher says otherwise.
pub const DEFAULT_PACKET_DATA: u64 = 8 << 20;
/// `slot.seq` while the publisher writes a packet.
pub const PACKET_WRITING: u64 = u64::MAX;

/// Bits of a packet's `flags`; unknown ones are ignored.
pub mod packet_flag {
    /// Decodes without those before it.
    pub const KEY: u32 = 1;
    /// Known to be damaged.
    pub const CORRUPT: u32 = 2;
    /// What came before does not lead up to it.
    pub const DISCONTINUITY: u32 = 4;
    /// The first one of its extradata.
    pub const NEW_EXTRADATA: u32 = 8;
    /// Every bit that this version knows.
    pub const ALL: u32 = KEY | CORRUPT | DISCONTINUITY | NEW_EXTRADATA;
}

/// Codecs; 0 is not set.
pub mod codec {
    /// H.264.
    pub const H264: u32 = u32::from_le_bytes(*b"H264");
    /// H.265.
    pub const HEVC: u32 = u32::from_le_bytes(*b"HEVC");
    /// AV1.
    pub const AV01: u32 = u32::from_le_bytes(*b"AV01");
    /// Motion JPEG.
    pub const MJPG: u32 = u32::from_le_bytes(*b"MJPG");
}

/// A copy of the first 128 bytes of a packet segment; the extradata follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct PacketHeader {
    /// [`PACKET_MAGIC`], stored last.
    pub magic: u32,
    /// [`PACKET_VERSION`].
    pub version: u32,
    /// Slots: a power of two, 8 to 4096.
    pub slot_count: u32,
    /// Bytes of extradata, at most [`MAX_EXTRADATA`].
    pub extradata_size: u32,
    /// Bytes of data: a power of two, 4096 or more.
    pub data_size: u64,
    /// One of [`codec`], 0 not set.
    pub codec: u32,
    /// See [`EXTRADATA_GEN`].
    pub extradata_gen: u32,
    /// See [`HEAD_SEQ`].
    pub head_seq: u64,
    /// The newest packet that is KEY.
    pub last_keyframe_seq: u64,
    /// See [`DATA_HEAD`].
    pub data_head: u64,
    /// Moves with every packet and change of state.
    pub packet_futex: u32,
    /// 1 LIVE or 2 CLOSED.
    pub state: u32,
    /// Number of this start of the publisher.
    pub epoch: u64,
    /// Start time of the publisher, for display.
    pub publisher_start: u64,
    /// Process of the publisher, for display.
    pub publisher_pid: u32,
    /// Written 0, ignored.
    pub reserved: [u8; 44],
}

layout!(PacketHeader, EXTRADATA, {
    magic: 0x0000,
    version: 0x0004,
    slot_count: 0x0008,
    extradata_size: EXTRADATA_SIZE,
    data_size: 0x0010,
    codec: CODEC,
    extradata_gen: EXTRADATA_GEN,
    head_seq: HEAD_SEQ,
    last_keyframe_seq: LAST_KEYFRAME_SEQ,
    data_head: DATA_HEAD,
    packet_futex: PACKET_FUTEX,
    state: STATE,
    epoch: 0x0040,
    publisher_start: 0x0048,
    publisher_pid: PUBLISHER_PID,
    reserved: 0x0054,
});

/// A copy of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct PacketSlot {
    /// The sequence, 0 empty, [`PACKET_WRITING`].
    pub seq: u64,
    /// Bytes reserved before this packet: its first one lies at this number modulo `data_size`.
    pub data_pos: u64,
    /// Bytes of the packet.
    pub size: u32,
    /// Bits of [`packet_flag`].
    pub flags: u32,
    /// Presentation time in nanoseconds, [`NO_PTS`](super::NO_PTS) none.
    pub pts_ns: i64,
    /// Decoding time in nanoseconds, [`NO_PTS`](super::NO_PTS) none.
    pub dts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// When it was published: CLOCK_MONOTONIC nanoseconds.
    pub publish_ns: u64,
    /// The extradata that it belongs to.
    pub extradata_gen: u32,
    /// 0 video.
    pub stream_index: u32,
}

layout!(PacketSlot, PACKET_SLOT_SIZE, {
    seq: 0x00,
    data_pos: 0x08,
    size: 0x10,
    flags: 0x14,
    pts_ns: 0x18,
    dts_ns: 0x20,
    duration_ns: 0x28,
    publish_ns: 0x30,
    extradata_gen: 0x38,
    stream_index: 0x3C,
});

const _: () = {
    assert!(EXTRADATA + MAX_EXTRADATA == 0x1040 && SLOTS == 0x1040);
    assert!((SLOTS as u64).is_multiple_of(PACKET_ALIGN));
};

impl PacketHeader {
    /// Checks the plain fields of a copy of the header of a segment of `segment_size` bytes.
    /// What changes while the ring is in use is checked where it is read.
    pub fn validate(&self, segment_size: u64) -> Result<PacketGeometry, WireError> {
        check::check(self, segment_size)
    }
}
