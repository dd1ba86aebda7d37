//! HELLO_REQ: what a subscriber or observer asks for, and the agreement on a version.

use super::{
    ConsumerName, Geometry, MAGIC, MemoryKind, Mode, PROTO_V1, PROTO_V2, WireError, capability,
    header_flag, packet_request,
};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// Payload of HELLO_REQ, 128 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct HelloRequest {
    /// [`MAGIC`].
    pub magic: u32,
    /// Highest protocol version of the sender.
    pub highest: u32,
    /// Lowest protocol version of the sender.
    pub lowest: u32,
    /// Bits of [`capability`](super::capability).
    pub capabilities: u32,
    /// A [`Mode`].
    pub mode: u32,
    /// Process of the sender, for display.
    pub pid: u32,
    /// UUID of the GPU wanted, 0 any.
    pub device_uuid: [u8; 16],
    /// Consumer name, NUL-padded.
    pub name: [u8; 32],
    /// Epoch that this subscriber saw last, 0 none.
    pub last_epoch: u64,
    /// Bits of [`packet_request`](super::packet_request); reserved in version 1.
    pub packet_flags: u32,
    /// Written 0, ignored.
    pub reserved: [u8; 44],
}

layout!(HelloRequest, 128, {
    magic: 0x00,
    highest: 0x04,
    lowest: 0x08,
    capabilities: 0x0C,
    mode: 0x10,
    pid: 0x14,
    device_uuid: 0x18,
    name: 0x28,
    last_epoch: 0x48,
    packet_flags: 0x50,
    reserved: 0x54,
});

/// A checked HELLO_REQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValidHello {
    /// Highest protocol version of the peer.
    pub highest: u32,
    /// Lowest protocol version of the peer.
    pub lowest: u32,
    /// Known bits of [`capability`](super::capability).
    pub capabilities: u32,
    /// Which frames the subscriber wants; NEWEST_ONLY for observers.
    pub mode: Mode,
    /// Process of the peer as it says, for display.
    pub pid: u32,
    /// UUID of the GPU wanted, 0 any.
    pub device_uuid: [u8; 16],
    /// Consumer name; only observers may have none.
    pub name: Option<ConsumerName>,
    /// Epoch that the peer saw last, 0 none.
    pub last_epoch: u64,
    packet_flags: u32,
}

impl HelloRequest {
    /// A request for version 1 with everything optional left 0.
    #[must_use]
    pub fn new(name: &ConsumerName, mode: Mode, capabilities: u32) -> HelloRequest {
        HelloRequest {
            magic: MAGIC,
            highest: PROTO_V1,
            lowest: PROTO_V1,
            capabilities,
            mode: mode as u32,
            pid: std::process::id(),
            name: name.to_wire(),
            ..HelloRequest::new_zeroed()
        }
    }

    /// Takes the payload of a message apart; it must have 128 bytes.
    pub fn parse(payload: &[u8]) -> Result<HelloRequest, WireError> {
        HelloRequest::read_from_bytes(payload).map_err(|_| WireError::Length {
            what: "HELLO_REQ",
            expected: "128",
            actual: payload.len() as u64,
        })
    }

    /// Checks everything but the agreement on a version, which is [`ValidHello::agree`].
    pub fn validate(&self) -> Result<ValidHello, WireError> {
        if self.magic != MAGIC {
            return Err(WireError::Magic {
                what: "HELLO_REQ",
                found: self.magic,
                expected: MAGIC,
            });
        }
        if self.lowest == 0 || self.lowest > self.highest {
            return Err(WireError::VersionRange {
                lowest: self.lowest,
                highest: self.highest,
            });
        }
        let capabilities = self.capabilities & capability::ALL;
        let observer = capabilities & capability::OBSERVER != 0;
        let nameless = observer && self.name == [0; 32];
        Ok(ValidHello {
            highest: self.highest,
            lowest: self.lowest,
            capabilities,
            mode: if observer {
                Mode::NewestOnly
            } else {
                Mode::from_u32(self.mode)?
            },
            pid: self.pid,
            device_uuid: self.device_uuid,
            name: if nameless {
                None
            } else {
                Some(ConsumerName::from_wire(&self.name)?)
            },
            last_epoch: self.last_epoch,
            packet_flags: self.packet_flags,
        })
    }
}

impl ValidHello {
    /// Whether the peer takes no index, page or lease.
    #[must_use]
    pub const fn is_observer(&self) -> bool {
        self.capabilities & capability::OBSERVER != 0
    }

    /// The version both sides speak, if there is one.
    pub fn agree(&self, ours_highest: u32, ours_lowest: u32) -> Result<u32, WireError> {
        agree(self.highest, self.lowest, ours_highest, ours_lowest)
    }

    /// The capabilities that a publisher with this ring grants, or why this peer cannot
    /// join it. An observer takes part in no GPU order and is never notified.
    pub fn grant(&self, geometry: &Geometry) -> Result<u32, WireError> {
        let refuse = |reason, remedy| {
            Err(WireError::CannotJoin {
                reason,
                capabilities: self.capabilities,
                remedy,
            })
        };
        let has = |bits| self.capabilities & bits == bits;
        let memory = geometry.memory.capability();
        if !has(memory) {
            return refuse(
                geometry.memory.missing(),
                "use a build and a machine that can import such memory, or let the publisher use another kind",
            );
        }
        let sync = if self.is_observer() {
            0
        } else {
            geometry.sync.capability()
        };
        if !has(sync) {
            return refuse(
                "it cannot follow the publisher's GPU order",
                "let the publisher use sync CPU",
            );
        }
        let pool_is_fd = geometry.memory != MemoryKind::CudaIpc && geometry.pool_size != 0;
        let nameless = geometry.flags & header_flag::ANONYMOUS != 0;
        if (pool_is_fd || nameless) && !has(capability::FD_PASSING) {
            return refuse(
                "pool or segments of this publisher exist only as descriptors",
                "ask for FD_PASSING",
            );
        }
        let optional = if self.is_observer() {
            capability::OBSERVER
        } else {
            capability::NOTIFY
        };
        Ok(memory | sync | self.capabilities & (capability::FD_PASSING | optional))
    }

    /// Known bits of the packet flags, which mean something from version 2 on.
    #[must_use]
    pub const fn packet_flags(&self, agreed: u32) -> u32 {
        if agreed >= PROTO_V2 {
            self.packet_flags & packet_request::ALL
        } else {
            0
        }
    }
}

/// The lower of the two highest versions, unless it is below what one side still speaks.
///
/// ```
/// use cuframes::wire::agree;
/// assert_eq!(agree(2, 1, 1, 1), Ok(1));
/// assert!(agree(3, 2, 1, 1).is_err());
/// ```
pub fn agree(
    theirs_highest: u32,
    theirs_lowest: u32,
    ours_highest: u32,
    ours_lowest: u32,
) -> Result<u32, WireError> {
    let agreed = theirs_highest.min(ours_highest);
    if agreed < theirs_lowest || agreed < ours_lowest {
        return Err(WireError::VersionMismatch {
            theirs_lowest,
            theirs_highest,
            ours_lowest,
            ours_highest,
        });
    }
    Ok(agreed)
}

#[cfg(test)]
mod tests;
