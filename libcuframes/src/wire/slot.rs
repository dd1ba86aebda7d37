//! Slot descriptors: one frame's meta and handles, and the offsets of their words.

use super::{Geometry, SEQ_MAX, SLOT_SIZE, WireError};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Offset in the slot of the u64 `seq`, the only word of it that is an atomic protocol.
pub const SEQ: usize = 0x00;
/// Offset in the slot of the first byte of meta behind `seq`.
pub const META: usize = 0x08;
/// Offset of the i64 `pts_ns`.
pub const PTS_NS: usize = 0x08;
/// Offset of the i64 `duration_ns`.
pub const DURATION_NS: usize = 0x10;
/// Offset of the u64 `publish_ns`.
pub const PUBLISH_NS: usize = 0x18;
/// Offset of the u32 `flags`.
pub const FLAGS: usize = 0x20;
/// Offset of the four colour bytes.
pub const COLOR: usize = 0x24;
/// Offset of the u64 `data_offset`.
pub const DATA_OFFSET: usize = 0x28;
/// Offset of the u64 `packet_seq`.
pub const PACKET_SEQ: usize = 0x30;
/// Offset of the four u16 of the crop.
pub const CROP: usize = 0x38;
/// Offset of the 64 bytes of memory handle.
pub const MEMORY_HANDLE: usize = 0x40;
/// Offset of the 64 bytes of ready event handle.
pub const READY_EVENT: usize = 0x80;

/// Bytes of the frame meta.
pub const META_SIZE: usize = 64;

/// Bits of a frame's `flags`; unknown ones are ignored.
pub mod frame_flag {
    /// Decodes without others.
    pub const KEY: u32 = 1;
    /// The decoder reported errors in it.
    pub const CORRUPT: u32 = 2;
    /// What came before does not lead up to it.
    pub const DISCONTINUITY: u32 = 4;
    /// Two fields.
    pub const INTERLACED: u32 = 8;
    /// The field with the first row comes first in time.
    pub const TOP_FIELD_FIRST: u32 = 16;
    /// Every bit that this version knows.
    pub const ALL: u32 = KEY | CORRUPT | DISCONTINUITY | INTERLACED | TOP_FIELD_FIRST;
}

/// Whether a value of `slot.seq` or `latest_seq` is a frame's sequence, 1 to 2^63-2.
///
/// ```
/// use cuframes::wire::{SEQ_CLAIMED, SEQ_EMPTY, SEQ_WRITING, is_sequence};
/// assert!(is_sequence(1));
/// assert!([SEQ_EMPTY, SEQ_WRITING, SEQ_CLAIMED].iter().all(|&state| !is_sequence(state)));
/// ```
#[must_use]
pub const fn is_sequence(value: u64) -> bool {
    value != 0 && value <= SEQ_MAX
}

/// A copy of a frame's meta: the first 64 bytes of its slot descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SlotMeta {
    /// The sequence, or a state of the slot.
    pub seq: u64,
    /// Presentation time in nanoseconds, [`NO_PTS`](super::NO_PTS) none.
    pub pts_ns: i64,
    /// Duration in nanoseconds, 0 unknown.
    pub duration_ns: i64,
    /// When it was published: CLOCK_MONOTONIC nanoseconds.
    pub publish_ns: u64,
    /// Bits of [`frame_flag`].
    pub flags: u32,
    /// Primaries, transfer, matrix (H.273; 2 unknown, 0 read as 2) and range (0 unknown, 1 limited, 2 full).
    pub color: [u8; 4],
    /// First byte of the frame in its allocation.
    pub data_offset: u64,
    /// The packet that decoded to this frame, 0 unknown.
    pub packet_seq: u64,
    /// Pixels to cut off at the left, top, right and bottom edge.
    pub crop: [u16; 4],
}

layout!(SlotMeta, META_SIZE, {
    seq: SEQ,
    pts_ns: PTS_NS,
    duration_ns: DURATION_NS,
    publish_ns: PUBLISH_NS,
    flags: FLAGS,
    color: COLOR,
    data_offset: DATA_OFFSET,
    packet_seq: PACKET_SEQ,
    crop: CROP,
});

impl SlotMeta {
    /// Checks that the frame lies inside the ring's pool. With EXTERNAL buffers only
    /// that its end can be computed; the allocation's size is then asked of the driver
    /// and given to [`validate_in`](SlotMeta::validate_in).
    pub fn validate(&self, geometry: &Geometry) -> Result<(), WireError> {
        let allocation = if geometry.is_external() {
            u64::MAX
        } else {
            geometry.pool_size
        };
        self.validate_in(geometry.frame_size, allocation)
    }

    /// Checks that a frame of `frame_size` bytes lies inside an allocation of that many bytes.
    pub fn validate_in(&self, frame_size: u64, allocation: u64) -> Result<(), WireError> {
        match self.data_offset.checked_add(frame_size) {
            Some(end) if end <= allocation => Ok(()),
            _ => Err(WireError::FrameOutsidePool {
                offset: self.data_offset,
                frame_size,
                pool_size: allocation,
            }),
        }
    }
}

/// A copy of a whole slot descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SlotDescriptor {
    /// The frame's meta.
    pub meta: SlotMeta,
    /// CUDA IPC memory handle, 0 for other memory.
    pub memory_handle: [u8; 64],
    /// CUDA IPC event handle for CUDA_EVENT, else 0.
    pub ready_event: [u8; 64],
}

layout!(SlotDescriptor, SLOT_SIZE, {
    meta: 0x00,
    memory_handle: MEMORY_HANDLE,
    ready_event: READY_EVENT,
});

const _: () = assert!(META == SEQ + size_of::<u64>());

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{ErrorCode, SEQ_LIMIT, SEQ_WRITING, TERMINAL};
    use zerocopy::FromZeros;

    #[test]
    fn sequences_end_below_the_terminal_value() {
        assert!(is_sequence(1) && is_sequence(SEQ_MAX));
        for state in [0, TERMINAL, SEQ_LIMIT, SEQ_WRITING - 1, SEQ_WRITING] {
            assert!(!is_sequence(state), "{state:#x}");
        }
    }

    #[test]
    fn a_frame_must_lie_inside_its_pool() {
        let at = |data_offset| SlotMeta {
            data_offset,
            ..SlotMeta::new_zeroed()
        };
        assert_eq!(at(300).validate_in(100, 400), Ok(()));
        for offset in [301, 400, u64::MAX - 99, u64::MAX] {
            let error = at(offset).validate_in(100, 400).expect_err("outside");
            assert_eq!(error.code(), ErrorCode::Protocol);
            assert!(error.to_string().contains("400 bytes"), "{error}");
        }
    }
}
