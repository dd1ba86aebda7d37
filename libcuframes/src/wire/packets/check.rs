//! The checks of a packet segment's header.

use super::{
    MAX_EXTRADATA, MAX_PACKET_SLOTS, MIN_PACKET_DATA, MIN_PACKET_SLOTS, PACKET_MAGIC,
    PACKET_SLOT_SIZE, PACKET_VERSION, PacketGrant, PacketHeader, SLOTS, StreamState, WireError,
};

/// A validated header of a packet segment: the only numbers by which it is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketGeometry {
    /// Slots, a power of two.
    pub slot_count: u32,
    /// Bytes of data, a power of two.
    pub data_size: u64,
    /// Number of the publisher's start.
    pub epoch: u64,
    /// Start time of the publisher, for display.
    pub publisher_start: u64,
    /// Process of the publisher, for display.
    pub publisher_pid: u32,
}

impl PacketGeometry {
    /// Offset of the first byte of data.
    #[must_use]
    pub const fn data(&self) -> usize {
        SLOTS + self.slot_count as usize * PACKET_SLOT_SIZE
    }

    /// Bytes of the whole segment, `None` where they cannot be counted.
    #[must_use]
    pub const fn segment_size(&self) -> Option<u64> {
        self.data_size.checked_add(self.data() as u64)
    }

    /// Bytes of the largest packet that a reader accepts.
    #[must_use]
    pub const fn largest_packet(&self) -> u64 {
        self.data_size / 4
    }

    /// Checks, on the subscriber's side, that this is the segment of HELLO_RESP.
    pub fn answers(&self, grant: &PacketGrant) -> Result<(), WireError> {
        let numbers = [
            ("packets.epoch", self.epoch, grant.epoch),
            (
                "packets.slot_count",
                self.slot_count.into(),
                grant.slot_count.into(),
            ),
            ("packets.data_size", self.data_size, grant.data_size),
        ];
        match numbers.into_iter().find(|(_, ours, theirs)| ours != theirs) {
            Some((field, value, _)) => Err(refuse(field, value, "the value of HELLO_RESP")),
            None => Ok(()),
        }
    }
}

/// Shortens the many refusals of one field.
const fn refuse(field: &'static str, value: u64, allowed: &'static str) -> WireError {
    WireError::Field {
        field,
        value,
        allowed,
    }
}

/// See [`PacketHeader::validate`].
pub fn check(header: &PacketHeader, segment_size: u64) -> Result<PacketGeometry, WireError> {
    if header.magic != PACKET_MAGIC {
        return Err(WireError::Magic {
            what: "the packet segment",
            found: header.magic,
            expected: PACKET_MAGIC,
        });
    }
    if header.version != PACKET_VERSION {
        return Err(refuse("packets.version", header.version.into(), "2"));
    }
    let slots = header.slot_count;
    if !(MIN_PACKET_SLOTS..=MAX_PACKET_SLOTS).contains(&slots) || !slots.is_power_of_two() {
        let rule = "a power of two from 8 to 4096";
        return Err(refuse("packets.slot_count", slots.into(), rule));
    }
    let bytes = header.data_size;
    if bytes < MIN_PACKET_DATA || !bytes.is_power_of_two() {
        let rule = "a power of two from 4096 on";
        return Err(refuse("packets.data_size", bytes, rule));
    }
    let geometry = PacketGeometry {
        slot_count: slots,
        data_size: bytes,
        epoch: header.epoch,
        publisher_start: header.publisher_start,
        publisher_pid: header.publisher_pid,
    };
    if geometry.segment_size() != Some(segment_size) {
        return Err(WireError::Length {
            what: "the packet segment",
            expected: "what its slots and its data need",
            actual: segment_size,
        });
    }
    check_changing(header)?;
    Ok(geometry)
}

/// What may have changed since the copy, but never to one of these values.
fn check_changing(header: &PacketHeader) -> Result<(), WireError> {
    if header.extradata_size as usize > MAX_EXTRADATA {
        let size = header.extradata_size.into();
        return Err(refuse("packets.extradata_size", size, "at most 4032"));
    }
    match StreamState::from_u32(header.state)? {
        StreamState::Live | StreamState::Closed => Ok(()),
        StreamState::Reconfigured => Err(refuse(
            "packets.state",
            header.state.into(),
            "1 LIVE or 2 CLOSED",
        )),
    }
}
