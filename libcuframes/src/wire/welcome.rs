//! HELLO_RESP: what the publisher grants, and the checks a subscriber makes of it.

use super::{
    HelloRequest, MAGIC, MAX_SUBSCRIBERS, MemoryKind, PROTO_V1, PROTO_V2, SyncKind, WireError,
    capability, fds, is_sequence, packet_request,
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

#[cfg(test)]
mod tests;

/// Payload of HELLO_RESP, 192 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct HelloResponse {
    /// [`MAGIC`].
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

const fn refuse(field: &'static str, value: u64, allowed: &'static str) -> WireError {
    WireError::Field {
        field,
        value,
        allowed,
    }
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

    /// Checks the response by itself; `fd_count` descriptors came with it. What it
    /// grants is compared with the request by [`HelloGrant::answers`].
    pub fn validate(&self, fd_count: usize) -> Result<HelloGrant, WireError> {
        if self.magic != MAGIC {
            return Err(WireError::Magic {
                what: "HELLO_RESP",
                found: self.magic,
                expected: MAGIC,
            });
        }
        if !(PROTO_V1..=PROTO_V2).contains(&self.version) {
            return Err(refuse(
                "HELLO_RESP.proto_version",
                self.version.into(),
                "1 or 2",
            ));
        }
        if self.index > MAX_SUBSCRIBERS {
            return Err(refuse("HELLO_RESP.index", self.index.into(), "0 to 255"));
        }
        if self.index != 0 && self.max_leases == 0 {
            return Err(refuse(
                "HELLO_RESP.max_leases",
                0,
                "1 or more for a subscriber",
            ));
        }
        if self.latest_seq != 0 && !is_sequence(self.latest_seq) {
            return Err(refuse(
                "HELLO_RESP.latest_seq",
                self.latest_seq,
                "0 to 2^63-2",
            ));
        }
        let (memory, sync) = self.check_kinds()?;
        let packets = self.check_packets()?;
        self.check_fds(fd_count, memory, packets.is_some())?;
        Ok(HelloGrant {
            version: self.version,
            index: self.index,
            capabilities: self.capabilities & capability::ALL,
            epoch: self.epoch,
            fd_mask: self.fd_mask,
            sync,
            memory,
            max_leases: self.max_leases,
            latest_seq: self.latest_seq,
            pool_size: self.pool_size,
            lease_timeout_ms: self.lease_timeout_ms,
            lib_version: self.lib_version,
            packets,
        })
    }

    fn has(&self, bit: u32) -> bool {
        self.capabilities & bit != 0
    }

    /// Capability bits and kinds say the same thing twice; both must agree.
    fn check_kinds(&self) -> Result<(MemoryKind, SyncKind), WireError> {
        let memory = MemoryKind::from_u32(self.memory_kind)?;
        let sync = SyncKind::from_u32(self.sync_kind)?;
        let bits = u64::from(self.capabilities);
        if self.capabilities & capability::MEMORY != memory.capability() {
            let rule = "exactly one memory bit, that of memory_kind";
            return Err(refuse("HELLO_RESP.capabilities", bits, rule));
        }
        if !memory.allows(sync) {
            return Err(refuse(
                "HELLO_RESP.sync_kind",
                self.sync_kind.into(),
                "0 CPU for this memory kind",
            ));
        }
        let order = self.capabilities & capability::SYNC;
        // An observer takes part in no GPU order, so its bit may be clear.
        if order != sync.capability() && !(self.index == 0 && order == 0) {
            let rule = "the EVENT or TIMELINE bit that sync_kind says, neither for CPU";
            return Err(refuse("HELLO_RESP.capabilities", bits, rule));
        }
        Ok((memory, sync))
    }

    fn check_packets(&self) -> Result<Option<PacketGrant>, WireError> {
        let flags = self.packet_flags & packet_request::ALL;
        if self.version < PROTO_V2 || flags == 0 {
            return Ok(None);
        }
        if flags & packet_request::WANT_PACKETS == 0 {
            return Err(refuse(
                "HELLO_RESP.packet_flags",
                flags.into(),
                "FROM_KEYFRAME only with WANT_PACKETS",
            ));
        }
        let first = self.initial_packet_seq;
        let from_key = flags & packet_request::FROM_KEYFRAME != 0;
        if first != 0 && !(from_key && is_sequence(first)) {
            let rule = "0, or up to 2^63-2 where FROM_KEYFRAME is granted";
            return Err(refuse("HELLO_RESP.initial_packet_seq", first, rule));
        }
        let slots = self.packet_slot_count;
        if !slots.is_power_of_two() || !(8..=4096).contains(&slots) {
            return Err(refuse(
                "HELLO_RESP.packet_slot_count",
                slots.into(),
                "a power of two from 8 to 4096",
            ));
        }
        let bytes = self.packet_data_size;
        if !bytes.is_power_of_two() || bytes < 4096 {
            return Err(refuse(
                "HELLO_RESP.packet_data_size",
                bytes,
                "a power of two from 4096 on",
            ));
        }
        if self.extradata_size > 4032 {
            return Err(refuse(
                "HELLO_RESP.extradata_size",
                self.extradata_size.into(),
                "0 to 4032",
            ));
        }
        Ok(Some(PacketGrant {
            flags,
            codec: self.codec,
            initial_seq: first,
            slot_count: slots,
            extradata_size: self.extradata_size,
            data_size: bytes,
            epoch: self.packet_epoch,
        }))
    }

    /// The mask must say what came, and what came must be what the grant needs.
    fn check_fds(
        &self,
        fd_count: usize,
        memory: MemoryKind,
        packets: bool,
    ) -> Result<(), WireError> {
        let mask = self.fd_mask;
        let expected = mask.count_ones() as usize;
        if expected != fd_count {
            return Err(WireError::FdCount {
                what: "HELLO_RESP",
                expected,
                actual: fd_count,
            });
        }
        let subscriber = self.index != 0;
        let by_fd = self.has(capability::FD_PASSING);
        let pool_is_fd = memory != MemoryKind::CudaIpc && self.pool_size != 0;
        // (bit, may be there, must be there)
        let rules = [
            (fds::CONTROL, by_fd, false),
            (fds::PAGE, subscriber, subscriber),
            (fds::POOL, by_fd && pool_is_fd, subscriber && pool_is_fd),
            (fds::PACKETS, by_fd && packets, false),
            (
                fds::NOTIFY,
                subscriber && self.has(capability::NOTIFY),
                subscriber && self.has(capability::NOTIFY),
            ),
            (
                fds::TIMELINE,
                subscriber && self.has(capability::CUDA_TIMELINE),
                subscriber && self.has(capability::CUDA_TIMELINE),
            ),
        ];
        let fits = |&(bit, may, must): &(u32, bool, bool)| {
            if mask & bit != 0 { may } else { !must }
        };
        if mask & !fds::ALL != 0 || !rules.iter().all(fits) {
            let rule = "exactly the descriptors that index, capabilities and memory kind call for";
            return Err(refuse("HELLO_RESP.fd_mask", mask.into(), rule));
        }
        Ok(())
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
