//! What a control header says about memory, after every number has been checked.

use super::{
    CONTROL_SIZE, ControlHeader, HelloGrant, MAX_PLANES, MemoryKind, SyncKind, WireError,
    header_flag,
};

mod check;
#[cfg(test)]
pub(super) mod example;
#[cfg(test)]
mod tests;

pub(super) use check::check;

/// The facts about a stream that no memory access depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StreamFields {
    /// Frames per second as numerator and denominator, (0, 0) unknown.
    pub fps: (u32, u32),
    /// Sample aspect ratio as numerator and denominator, (0, 0) unknown.
    pub sar: (u32, u32),
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
}

/// A validated control header: the only numbers by which shared memory is indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Geometry {
    /// The protocol version by which the header was read.
    pub version: u32,
    /// Offset of slot 0 in the control segment.
    pub header_size: u32,
    /// Bytes from one slot descriptor to the next.
    pub slot_size: u32,
    /// Slots of the ring, 2 to 16.
    pub slot_count: u32,
    /// Where the pixels live.
    pub memory: MemoryKind,
    /// When they are complete.
    pub sync: SyncKind,
    /// Known bits of [`header_flag`](super::header_flag).
    pub flags: u32,
    /// Width in pixels, 1 to 32768.
    pub width: u32,
    /// Height in pixels, 1 to 32768.
    pub height: u32,
    /// A DRM fourcc of [`fourcc`](super::fourcc).
    pub fourcc: u32,
    /// Planes of the format (1 for PACKETS_ONLY).
    pub plane_count: u32,
    /// First byte of each plane in the frame; 0 for planes not in use.
    pub plane_offset: [u32; MAX_PLANES],
    /// Bytes per row of each plane; 0 for planes not in use.
    pub plane_pitch: [u32; MAX_PLANES],
    /// Bytes of one frame.
    pub frame_size: u64,
    /// Bytes of the pool; 0 if EXTERNAL or PACKETS_ONLY.
    pub pool_size: u64,
    /// UUID of the GPU, 0 for host memory.
    pub device_uuid: [u8; 16],
    /// Number of this start or reconfiguration of the publisher.
    pub epoch: u64,
    /// DRM format modifier (always 0, linear, in this version).
    pub modifier: u64,
    /// Process of the publisher, for display.
    pub publisher_pid: u32,
    /// Library of the publisher: major << 16, minor << 8, patch.
    pub lib_version: u32,
    /// Start time of the publisher, for display.
    pub publisher_start: u64,
    /// What does not touch memory.
    pub stream: StreamFields,
}

impl Geometry {
    /// Offset of a slot descriptor in the control segment. For a slot below
    /// `slot_count` the whole descriptor lies inside the segment.
    #[must_use]
    pub const fn slot_offset(&self, slot: usize) -> usize {
        (self.header_size as usize).saturating_add(slot.saturating_mul(self.slot_size as usize))
    }

    /// Whether the publisher's own buffers are shared instead of one pool.
    #[must_use]
    pub const fn is_external(&self) -> bool {
        self.flags & header_flag::EXTERNAL != 0
    }

    /// Whether there are packets and no frames.
    #[must_use]
    pub const fn is_packets_only(&self) -> bool {
        self.flags & header_flag::PACKETS_ONLY != 0
    }

    /// Checks what a publisher is about to announce by the rules its readers will apply.
    pub fn check(&self) -> Result<(), WireError> {
        ControlHeader::new(self)
            .validate(self.version, CONTROL_SIZE as u64)
            .map(|_| ())
    }

    /// Checks, on the subscriber's side, that this is the segment of HELLO_RESP. A named
    /// segment of another epoch may simply be newer: then HELLO_REQ is said again.
    pub fn answers(&self, grant: &HelloGrant) -> Result<(), WireError> {
        if self.memory != grant.memory {
            let what = "the segment's memory kind, which is not that of HELLO_RESP,";
            return Err(WireError::Unsupported {
                what,
                value: self.memory as u64,
            });
        }
        let numbers = [
            ("header.epoch", self.epoch, grant.epoch),
            ("header.sync_kind", self.sync as u64, grant.sync as u64),
            ("header.pool_size", self.pool_size, grant.pool_size),
        ];
        match numbers.into_iter().find(|(_, ours, theirs)| ours != theirs) {
            Some((field, value, _)) => Err(WireError::Field {
                field,
                value,
                allowed: "the value of HELLO_RESP",
            }),
            None => Ok(()),
        }
    }
}
