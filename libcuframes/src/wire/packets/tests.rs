use super::*;
use crate::wire::ErrorCode;
use zerocopy::FromZeros;

fn smallest() -> PacketHeader {
    PacketHeader {
        magic: PACKET_MAGIC,
        version: PACKET_VERSION,
        slot_count: 8,
        data_size: 4096,
        state: 1,
        epoch: 7,
        ..PacketHeader::new_zeroed()
    }
}

const SMALLEST: u64 = 0x1040 + 8 * 64 + 4096;

fn refused(change: impl FnOnce(&mut PacketHeader), size: u64) -> String {
    let mut header = smallest();
    change(&mut header);
    let error = header.validate(size).expect_err("refused");
    assert_eq!(error.code(), ErrorCode::Protocol, "{error}");
    error.to_string()
}

#[test]
fn sizes_at_both_ends_are_taken() {
    let geometry = smallest().validate(SMALLEST).expect("the smallest");
    assert_eq!((geometry.data(), geometry.largest_packet()), (0x1240, 1024));
    let largest = PacketHeader {
        slot_count: 4096,
        data_size: 1 << 40,
        extradata_size: 4032,
        state: 2,
        ..smallest()
    };
    let size = 0x1040 + 4096 * 64 + (1u64 << 40);
    let geometry = largest.validate(size).expect("the largest");
    assert_eq!(geometry.segment_size(), Some(size));
}

#[test]
fn numbers_that_are_no_powers_of_two_or_out_of_range_are_refused() {
    for slots in [0, 4, 7, 9, 4095, 8192, u32::MAX] {
        let said = refused(|header| header.slot_count = slots, SMALLEST);
        assert!(said.contains("slot_count"), "{said}");
    }
    for bytes in [0, 2048, 4095, 4097, u64::MAX] {
        let said = refused(|header| header.data_size = bytes, SMALLEST);
        assert!(said.contains("data_size"), "{said}");
    }
}

#[test]
fn a_segment_of_another_length_is_refused() {
    for size in [0, 4096, SMALLEST - 1, SMALLEST + 1, u64::MAX] {
        let said = refused(|_| (), size);
        assert!(said.contains("packet segment"), "{said}");
    }
    refused(|header| header.data_size = 1 << 63, SMALLEST);
}

#[test]
fn other_magics_versions_and_states_are_refused() {
    refused(|header| header.magic = crate::wire::MAGIC, SMALLEST);
    for version in [0, 1, 3] {
        refused(|header| header.version = version, SMALLEST);
    }
    for state in [0, 3, 4] {
        refused(|header| header.state = state, SMALLEST);
    }
    refused(|header| header.extradata_size = 4033, SMALLEST);
}

#[test]
fn the_segment_must_be_that_of_the_answer() {
    let geometry = smallest().validate(SMALLEST).expect("valid");
    let grant = PacketGrant {
        flags: 1,
        codec: 0,
        initial_seq: 0,
        slot_count: 8,
        extradata_size: 0,
        data_size: 4096,
        epoch: 7,
    };
    assert_eq!(geometry.answers(&grant), Ok(()));
    for other in [
        PacketGrant { epoch: 8, ..grant },
        PacketGrant {
            slot_count: 16,
            ..grant
        },
        PacketGrant {
            data_size: 8192,
            ..grant
        },
    ] {
        assert!(geometry.answers(&other).is_err(), "{other:?}");
    }
}
