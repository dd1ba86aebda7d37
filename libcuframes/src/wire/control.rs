//! The header of the frame control segment and the offsets of its live words.

use super::geometry;
use super::{Geometry, HEADER_SIZE, MAX_PLANES, MAX_SLOTS, SLOT_SIZE, StreamFields, WireError};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Offset of the u32 `publisher_pid`.
pub const PUBLISHER_PID: usize = 0x78;
/// Offset of the magic, stored last with release.
pub const MAGIC: usize = 0x00;
/// Offset of the u64 `latest_seq`: newest published sequence, 0 before the first.
pub const LATEST_SEQ: usize = 0xC0;
/// Offset of the u32 `publish_futex`: one more for every publish and state change.
pub const PUBLISH_FUTEX: usize = 0xC8;
/// Offset of the u32 `state`, a [`StreamState`](super::StreamState).
pub const STATE: usize = 0xCC;
/// Offset of the u64 `heartbeat_ns`, CLOCK_MONOTONIC.
pub const HEARTBEAT_NS: usize = 0xD0;
/// Offset of the u64 `dropped`: frames not published because no slot was free.
pub const DROPPED: usize = 0xD8;
/// Offset of the first of 16 u8 `slot_of`: a hint where sequence `s` lies, at `s % 16`.
pub const SLOT_OF: usize = 0xE0;

/// Bits of the header's `flags`; unknown ones are ignored.
pub mod header_flag {
    /// There is a packet segment beside this one.
    pub const HAS_PACKETS: u32 = 1;
    /// Control and packet segments have no name in `/dev/shm`.
    pub const ANONYMOUS: u32 = 2;
    /// The buffers are the publisher's own (CUDA_IPC only).
    pub const EXTERNAL: u32 = 4;
    /// There are no frames, only packets.
    pub const PACKETS_ONLY: u32 = 8;
    /// Every bit that this version knows.
    pub const ALL: u32 = HAS_PACKETS | ANONYMOUS | EXTERNAL | PACKETS_ONLY;
}

/// A copy of the first 256 bytes of a control segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct ControlHeader {
    /// [`MAGIC`](super::MAGIC).
    pub magic: u32,
    /// Highest protocol version of the publisher.
    pub proto_version: u32,
    /// Bytes of the header: where the slots begin.
    pub header_size: u32,
    /// Bytes from one slot descriptor to the next.
    pub slot_size: u32,
    /// Slots of the ring, 2 to 16.
    pub slot_count: u32,
    /// A [`MemoryKind`](super::MemoryKind).
    pub memory_kind: u32,
    /// A [`SyncKind`](super::SyncKind).
    pub sync_kind: u32,
    /// Bits of [`header_flag`].
    pub flags: u32,
    /// Picture width in pixels.
    pub width: u32,
    /// Picture height in pixels.
    pub height: u32,
    /// DRM fourcc, see [`fourcc`](super::fourcc).
    pub format: u32,
    /// Planes in use.
    pub plane_count: u32,
    /// Bytes of one frame, planes and padding included.
    pub frame_size: u64,
    /// First byte of each plane, from the frame's first byte.
    pub plane_offset: [u32; MAX_PLANES],
    /// Bytes from one row of a plane to the next.
    pub plane_pitch: [u32; MAX_PLANES],
    /// UUID of the GPU, 0 for host memory.
    pub device_uuid: [u8; 16],
    /// Random number of this start or reconfiguration of the publisher.
    pub epoch: u64,
    /// Bytes of the whole pool, 0 for EXTERNAL buffers.
    pub pool_size: u64,
    /// Process of the publisher, for display.
    pub publisher_pid: u32,
    /// Library of the publisher: major << 16, minor << 8, patch.
    pub lib_version: u32,
    /// Start time of the publisher (field 22 of `/proc/pid/stat`), for display.
    pub publisher_start: u64,
    /// Frame rate numerator, 0 unknown.
    pub fps_num: u32,
    /// Frame rate denominator.
    pub fps_den: u32,
    /// Sample aspect ratio numerator, 0 unknown.
    pub sar_num: u32,
    /// Sample aspect ratio denominator.
    pub sar_den: u32,
    /// Mastering display Rx, Ry, Gx, Gy, Bx, By, white x, y in 0.00002; 0 none.
    pub mastering_primaries: [u16; 8],
    /// Mastering display's largest luminance in 0.0001 cd/m2.
    pub mastering_max: u32,
    /// Mastering display's smallest luminance in 0.0001 cd/m2.
    pub mastering_min: u32,
    /// Maximum content light level in cd/m2.
    pub max_cll: u16,
    /// Maximum frame-average light level in cd/m2.
    pub max_fall: u16,
    /// Written 0, ignored.
    pub reserved0: u32,
    /// DRM format modifier for DMABUF, else 0.
    pub modifier: u64,
    /// See [`LATEST_SEQ`].
    pub latest_seq: u64,
    /// See [`PUBLISH_FUTEX`].
    pub publish_futex: u32,
    /// See [`STATE`].
    pub state: u32,
    /// See [`HEARTBEAT_NS`].
    pub heartbeat_ns: u64,
    /// See [`DROPPED`].
    pub dropped: u64,
    /// See [`SLOT_OF`].
    pub slot_of: [u8; MAX_SLOTS],
    /// Written 0, ignored.
    pub reserved1: [u8; 16],
}

layout!(ControlHeader, HEADER_SIZE, {
    magic: MAGIC,
    proto_version: 0x04,
    header_size: 0x08,
    slot_size: 0x0C,
    slot_count: 0x10,
    memory_kind: 0x14,
    sync_kind: 0x18,
    flags: 0x1C,
    width: 0x20,
    height: 0x24,
    format: 0x28,
    plane_count: 0x2C,
    frame_size: 0x30,
    plane_offset: 0x38,
    plane_pitch: 0x48,
    device_uuid: 0x58,
    epoch: 0x68,
    pool_size: 0x70,
    publisher_pid: PUBLISHER_PID,
    lib_version: 0x7C,
    publisher_start: 0x80,
    fps_num: 0x88,
    fps_den: 0x8C,
    sar_num: 0x90,
    sar_den: 0x94,
    mastering_primaries: 0x98,
    mastering_max: 0xA8,
    mastering_min: 0xAC,
    max_cll: 0xB0,
    max_fall: 0xB2,
    reserved0: 0xB4,
    modifier: 0xB8,
    latest_seq: LATEST_SEQ,
    publish_futex: PUBLISH_FUTEX,
    state: STATE,
    heartbeat_ns: HEARTBEAT_NS,
    dropped: DROPPED,
    slot_of: SLOT_OF,
    reserved1: 0xF0,
});

impl ControlHeader {
    /// The header that describes `geometry`, as a publisher stores it: state LIVE, no
    /// frame yet, every slot hint empty (0xFF). `geometry.version` becomes the
    /// publisher's highest version; the strides are this version's.
    #[must_use]
    pub fn new(geometry: &Geometry) -> ControlHeader {
        let stream = &geometry.stream;
        ControlHeader {
            magic: super::MAGIC,
            proto_version: geometry.version,
            header_size: HEADER_SIZE as u32,
            slot_size: SLOT_SIZE as u32,
            slot_count: geometry.slot_count,
            memory_kind: geometry.memory as u32,
            sync_kind: geometry.sync as u32,
            flags: geometry.flags,
            width: geometry.width,
            height: geometry.height,
            format: geometry.fourcc,
            plane_count: geometry.plane_count,
            frame_size: geometry.frame_size,
            plane_offset: geometry.plane_offset,
            plane_pitch: geometry.plane_pitch,
            device_uuid: geometry.device_uuid,
            epoch: geometry.epoch,
            pool_size: geometry.pool_size,
            publisher_pid: geometry.publisher_pid,
            lib_version: geometry.lib_version,
            publisher_start: geometry.publisher_start,
            fps_num: stream.fps.0,
            fps_den: stream.fps.1,
            sar_num: stream.sar.0,
            sar_den: stream.sar.1,
            mastering_primaries: stream.mastering_primaries,
            mastering_max: stream.mastering_max,
            mastering_min: stream.mastering_min,
            max_cll: stream.max_cll,
            max_fall: stream.max_fall,
            reserved0: 0,
            modifier: geometry.modifier,
            latest_seq: 0,
            publish_futex: 0,
            state: super::StreamState::Live as u32,
            heartbeat_ns: 0,
            dropped: 0,
            slot_of: [0xFF; MAX_SLOTS],
            reserved1: [0; 16],
        }
    }

    /// Checks everything that a reader will rely on and returns it as plain numbers.
    ///
    /// `agreed_version` is the one of HELLO_RESP (a tool without a connection gives 1),
    /// `segment_size` the size that `fstat` told, in bytes.
    pub fn validate(&self, agreed_version: u32, segment_size: u64) -> Result<Geometry, WireError> {
        geometry::check(self, agreed_version, segment_size)
    }

    /// The description of the stream that has no influence on memory.
    #[must_use]
    pub fn stream_fields(&self) -> StreamFields {
        StreamFields {
            fps: ratio(self.fps_num, self.fps_den),
            sar: ratio(self.sar_num, self.sar_den),
            mastering_primaries: self.mastering_primaries,
            mastering_max: self.mastering_max,
            mastering_min: self.mastering_min,
            max_cll: self.max_cll,
            max_fall: self.max_fall,
        }
    }
}

/// A ratio with a zero on either side means unknown; both become 0 so that nobody divides by it.
const fn ratio(num: u32, den: u32) -> (u32, u32) {
    if num == 0 || den == 0 {
        (0, 0)
    } else {
        (num, den)
    }
}
