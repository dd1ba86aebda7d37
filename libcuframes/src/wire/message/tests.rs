use super::*;
use crate::wire::ErrorCode;

fn header(kind: u16, flags: u16, length: u32) -> Result<Incoming, WireError> {
    let header = MessageHeader {
        kind,
        flags,
        length,
    };
    MessageHeader::parse(&zerocopy::transmute!(header))
}

#[test]
fn lengths_are_checked_before_the_payload_is_read() {
    let exact = [(1, 128), (2, 192), (3, 8), (4, 4), (6, 8), (8, 4)];
    for (kind, length) in exact {
        assert_eq!(
            header(kind, 0, length).map(|h| h.length),
            Ok(length as usize)
        );
        for wrong in [0, length - 1, length + 1, 4096] {
            let error = header(kind, 0, wrong).expect_err("length");
            assert!(
                matches!(error, WireError::Length { .. }),
                "{kind} {wrong}: {error}"
            );
        }
    }
    assert!(header(5, 0, 0).is_ok() && header(5, 0, 8).is_ok() && header(5, 0, 7).is_err());
    assert!(header(7, 0, 4).is_ok() && header(7, 0, 4096).is_ok() && header(7, 0, 3).is_err());
}

#[test]
fn nothing_may_be_longer_than_the_limit() {
    for kind in [0, 1, 5, 7, 99] {
        for length in [4097, u32::MAX] {
            let expected = WireError::PayloadTooLong { kind, length };
            assert_eq!(header(kind, OPTIONAL, length), Err(expected));
        }
    }
}

#[test]
fn unknown_types_are_skipped_only_when_optional() {
    for kind in [0, 9, 0xFFFF] {
        assert_eq!(header(kind, 0, 10), Err(WireError::UnknownType { kind }));
        assert_eq!(header(kind, MORE, 10), Err(WireError::UnknownType { kind }));
        let skipped = Incoming {
            kind: None,
            more: false,
            length: 10,
        };
        assert_eq!(header(kind, OPTIONAL, 10), Ok(skipped));
        assert!(skipped.check_fds(0).is_ok() && skipped.check_fds(1).is_err());
    }
}

#[test]
fn unknown_flags_are_ignored() {
    let stats = Incoming {
        kind: Some(MessageType::Stats),
        more: true,
        length: 8,
    };
    assert_eq!(header(5, 0xFFFF, 8), Ok(stats));
}

#[test]
fn only_hello_resp_has_descriptors() {
    for kind in (1..=8).filter_map(MessageType::from_u16) {
        let allowed = kind == MessageType::HelloResponse;
        assert_eq!(kind.check_fds(1).is_ok(), allowed, "{}", kind.name());
        assert!(kind.check_fds(0).is_ok());
        let error = kind.check_fds(9).expect_err("too many");
        assert_eq!(error.code(), ErrorCode::Protocol);
    }
}

#[test]
fn every_type_decodes_its_own_payload() {
    for (kind, length) in [
        (1, 128),
        (2, 192),
        (3, 8),
        (4, 4),
        (5, 0),
        (6, 8),
        (7, 4),
        (8, 4),
    ] {
        let kind = MessageType::from_u16(kind).expect("known");
        assert!(
            Message::decode(kind, &vec![0; length]).is_ok(),
            "{}",
            kind.name()
        );
        assert!(Message::decode(kind, &[0; 3]).is_err(), "{}", kind.name());
    }
}
