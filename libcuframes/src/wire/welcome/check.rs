//! The checks of HELLO_RESP: whatever it says twice must agree with itself.

use crate::wire::{
    HelloGrant, HelloResponse, MAGIC, MAX_SUBSCRIBERS, MemoryKind, PROTO_V1, PROTO_V2, PacketGrant,
    SyncKind, WireError, capability, fds, is_sequence, packet_request,
};

const fn refuse(field: &'static str, value: u64, allowed: &'static str) -> WireError {
    WireError::Field {
        field,
        value,
        allowed,
    }
}

impl HelloResponse {
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
