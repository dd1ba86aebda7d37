//! HELLO_RESP: what the publisher grants, and the checks a subscriber makes of it.

use super::{HelloRequest, MemoryKind, SyncKind, WireError, capability};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

mod check;
#[cfg(test)]
mod tests;

/// Payload of HELLO_RESP, 192 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct HelloResponse {
    /// [`MAGIC`](super::MAGIC).
    pub magic: u32,
    /// Protocol version agreed.
    pub version: u32,
    /// Number of this subscriber, 1 to 255; 0 for observers.
    pub index: u32,
    /// Bits of [`capability`](super::capability) granted.
    pub capabilities: u32,
    /// Epoch of the control segment.
    pub epoch: u64,
    /// Bits of [`fds`](super::fds): the descriptors that came along.
    pub fd_mask: u32,
    /// A [`SyncKind`].
    pub sync_kind: u32,
    /// A [`MemoryKind`].
    pub memory_kind: u32,
    /// Leases that this subscriber may have at a time.
    pub max_leases: u32,
    /// Newest published sequence, 0 none.
    pub latest_seq: u64,
    /// Bytes of the pool, 0 for EXTERNAL buffers and PACKETS_ONLY.
    pub pool_size: u64,
    /// Longest lease in milliseconds, 0 no limit.
    pub lease_timeout_ms: u32,
    /// Library of the publisher: major << 16, minor << 8, patch.
    pub lib_version: u32,
    /// Bits of [`packet_request`](super::packet_request) granted; from here to
    /// `packet_epoch` reserved in version 1.
    pub packet_flags: u32,
    /// Codec of the packets, a fourcc, 0 not set.
    pub codec: u32,
    /// Packet to begin with, 0 the next key packet.
    pub initial_packet_seq: u64,
    /// Slots of the packet ring.
    pub packet_slot_count: u32,
    /// Bytes of codec extradata.
    pub extradata_size: u32,
    /// Bytes of packet data.
    pub packet_data_size: u64,
    /// Epoch of the packet segment.
    pub packet_epoch: u64,
    /// Written 0, ignored.
    pub reserved0: [u8; 24],
    /// Written 0, ignored.
    pub reserved1: [u8; 64],
}

layout!(HelloResponse, 192, {
    magic: 0x00,
    version: 0x04,
    index: 0x08,
    capabilities: 0x0C,
    epoch: 0x10,
    fd_mask: 0x18,
    sync_kind: 0x1C,
    memory_kind: 0x20,
    max_leases: 0x24,
    latest_seq: 0x28,
    pool_size: 0x30,
    lease_timeout_ms: 0x38,
    lib_version: 0x3C,
    packet_flags: 0x40,
    codec: 0x44,
    initial_packet_seq: 0x48,
    packet_slot_count: 0x50,
    extradata_size: 0x54,
    packet_data_size: 0x58,
    packet_epoch: 0x60,
    reserved0: 0x68,
    reserved1: 0x80,
});

/// The packet ring's part of a HELLO_RESP of version 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacketGrant {
    /// Known bits of [`packet_request`](super::packet_request); WANT_PACKETS is among them.
    pub flags: u32,
    /// Codec, a fourcc, 0 not set.
    pub codec: u32,
    /// Packet to begin with, 0 the next key packet.
    pub initial_seq: u64,
    /// Slots of the ring, a power of two from 8 to 4096.
    pub slot_count: u32,
    /// Bytes of codec extradata, at most 4032.
    pub extradata_size: u32,
    /// Bytes of data, a power of two from 4096 on.
    pub data_size: u64,
    /// Epoch of the packet segment.
    pub epoch: u64,
}

/// A checked HELLO_RESP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HelloGrant {
    /// Protocol version agreed.
    pub version: u32,
    /// Number of this subscriber, 0 for an observer.
    pub index: u32,
    /// Known bits granted.
    pub capabilities: u32,
    /// Epoch of the control segment.
    pub epoch: u64,
    /// The descriptors that came along, see [`fds::position`](super::fds::position).
    pub fd_mask: u32,
    /// GPU order of this epoch.
    pub sync: SyncKind,
    /// Where the pixels live.
    pub memory: MemoryKind,
    /// Leases that this subscriber may have at a time (0 only for observers).
    pub max_leases: u32,
    /// Newest published sequence, 0 none.
    pub latest_seq: u64,
    /// Bytes of the pool.
    pub pool_size: u64,
    /// Longest lease in milliseconds, 0 no limit.
    pub lease_timeout_ms: u32,
    /// Library of the publisher: major << 16, minor << 8, patch.
    pub lib_version: u32,
    /// The packet ring, where it was asked for and granted.
    pub packets: Option<PacketGrant>,
}

impl HelloResponse {
    /// Takes the payload of a message apart; it must have 192 bytes.
    pub fn parse(payload: &[u8]) -> Result<HelloResponse, WireError> {
        HelloResponse::read_from_bytes(payload).map_err(|_| WireError::Length {
            what: "HELLO_RESP",
            expected: "192",
            actual: payload.len() as u64,
        })
    }
}

impl HelloGrant {
    /// Whether this is the answer to an observer.
    #[must_use]
    pub const fn is_observer(&self) -> bool {
        self.index == 0
    }

    /// Checks that nothing is granted that `request` did not ask for.
    pub fn answers(&self, request: &HelloRequest) -> Result<(), WireError> {
        let refuse = |what, value| Err(WireError::NotAsked { what, value });
        if !(request.lowest..=request.highest).contains(&self.version) {
            return refuse("a protocol version", self.version.into());
        }
        let excess = self.capabilities & !request.capabilities;
        if excess != 0 {
            return refuse("capabilities", excess.into());
        }
        let asked_to_observe = request.capabilities & capability::OBSERVER != 0;
        if asked_to_observe != self.is_observer() {
            return refuse("a subscriber index", self.index.into());
        }
        let packets = self.packets.map_or(0, |grant| grant.flags);
        if packets & !request.packet_flags != 0 {
            return refuse("packet flags", packets.into());
        }
        Ok(())
    }
}
