//! HELLO_REQ: what a subscriber or observer asks for, and the agreement on a version.

use super::{ConsumerName, MAGIC, Mode, PROTO_V1, PROTO_V2, WireError, capability, packet_request};
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
mod tests {
    use super::*;
    use crate::wire::ErrorCode;

    fn hello() -> HelloRequest {
        let name = ConsumerName::new("viewer").expect("valid");
        let capabilities = capability::FD_PASSING | capability::HOST;
        HelloRequest {
            pid: 0x1234,
            ..HelloRequest::new(&name, Mode::StrictOrder, capabilities)
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_document() {
        let mut golden = [0u8; 128];
        golden[..0x18].copy_from_slice(&[
            0xCC, 0x1D, 0x7C, 0xCC, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0, 0, 0x34, 0x12, 0,
            0,
        ]);
        golden[0x28..0x2E].copy_from_slice(b"viewer");
        golden[0x48] = 7;
        golden[0x50] = 3;
        let request = HelloRequest {
            last_epoch: 7,
            packet_flags: 3,
            ..hello()
        };
        assert_eq!(request.as_bytes(), golden);
        assert_eq!(HelloRequest::parse(&golden), Ok(request));
    }

    #[test]
    fn a_valid_request_comes_out_as_it_went_in() {
        let valid = hello().validate().expect("valid");
        assert_eq!((valid.highest, valid.lowest, valid.pid), (1, 1, 0x1234));
        assert_eq!(valid.mode, Mode::StrictOrder);
        assert_eq!(valid.name, ConsumerName::new("viewer").ok());
        assert!(!valid.is_observer());
    }

    #[test]
    fn reserved_bytes_and_unknown_capabilities_are_ignored() {
        let request = HelloRequest {
            reserved: [0xA5; 44],
            capabilities: u32::MAX,
            ..hello()
        };
        assert_eq!(
            request.validate().map(|v| v.capabilities),
            Ok(capability::ALL)
        );
    }

    #[test]
    fn packet_flags_mean_nothing_in_version_1() {
        let request = HelloRequest {
            packet_flags: u32::MAX,
            highest: 2,
            ..hello()
        };
        let valid = request.validate().expect("valid");
        assert_eq!((valid.packet_flags(1), valid.packet_flags(2)), (0, 3));
    }

    #[test]
    fn an_observer_needs_neither_name_nor_mode() {
        let nobody = HelloRequest {
            name: [0; 32],
            mode: 0,
            ..hello()
        };
        assert!(nobody.validate().is_err());
        let observer = HelloRequest {
            capabilities: capability::OBSERVER,
            ..nobody
        };
        let valid = observer.validate().expect("valid");
        assert_eq!((valid.name, valid.is_observer()), (None, true));
        let named = HelloRequest {
            name: hello().name,
            ..observer
        }
        .validate()
        .expect("valid");
        assert_eq!(named.name, ConsumerName::new("viewer").ok());
        assert!(
            HelloRequest {
                name: [0xFF; 32],
                ..observer
            }
            .validate()
            .is_err()
        );
    }

    #[test]
    fn every_refusal_has_its_own_error() {
        let error = |request: HelloRequest| request.validate().expect_err("refused");
        let magic = error(HelloRequest {
            magic: 0x4355_4652,
            ..hello()
        });
        assert!(matches!(
            magic,
            WireError::Magic {
                found: 0x4355_4652,
                ..
            }
        ));
        for (lowest, highest) in [(0, 1), (0, 0), (2, 1)] {
            let range = error(HelloRequest {
                lowest,
                highest,
                ..hello()
            });
            assert_eq!(range, WireError::VersionRange { lowest, highest });
        }
        let mode = error(HelloRequest { mode: 3, ..hello() });
        assert!(matches!(
            mode,
            WireError::Field {
                field: "HELLO_REQ.mode",
                value: 3,
                ..
            }
        ));
        let name = error(HelloRequest {
            name: [b'x'; 32],
            ..hello()
        });
        assert_eq!(name.code(), ErrorCode::InvalidArgument);
        for length in [0, 127, 129] {
            let short = HelloRequest::parse(&vec![0; length]).expect_err("length");
            assert_eq!(short.code(), ErrorCode::Protocol);
        }
    }

    #[test]
    fn versions_agree_on_the_lower_of_the_highest() {
        assert_eq!(agree(1, 1, 1, 1), Ok(1));
        assert_eq!(agree(2, 1, 2, 1), Ok(2));
        assert_eq!(agree(1, 1, 2, 1), Ok(1));
        assert_eq!(agree(9, 1, 2, 2), Ok(2));
        for (theirs_highest, theirs_lowest, ours_highest, ours_lowest) in
            [(1, 1, 2, 2), (2, 2, 1, 1)]
        {
            let error = agree(theirs_highest, theirs_lowest, ours_highest, ours_lowest);
            assert_eq!(error.map_err(|e| e.code()), Err(ErrorCode::Protocol));
        }
    }
}
