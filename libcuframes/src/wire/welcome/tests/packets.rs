//! The part of HELLO_RESP that version 2 added.

use super::*;
use crate::wire::packet_request;

fn packets() -> HelloResponse {
    HelloResponse {
        version: 2,
        fd_mask: THREE | fds::PACKETS,
        packet_flags: packet_request::ALL,
        codec: u32::from_le_bytes(*b"H264"),
        initial_packet_seq: 9,
        packet_slot_count: 64,
        extradata_size: 40,
        packet_data_size: 8 << 20,
        packet_epoch: 3,
        ..answer()
    }
}

#[test]
fn the_packet_ring_of_version_2() {
    let grant = validate(packets()).expect("valid");
    let ring = grant.packets.expect("granted");
    assert_eq!(
        (ring.flags, ring.initial_seq, ring.slot_count, ring.epoch),
        (3, 9, 64, 3)
    );
    let asked = HelloRequest {
        highest: 2,
        packet_flags: 3,
        ..request(BASE)
    };
    assert_eq!(grant.answers(&asked), Ok(()));
    assert!(
        grant
            .answers(&HelloRequest {
                packet_flags: 1,
                ..asked
            })
            .is_err()
    );
    let without = HelloResponse {
        packet_flags: 0,
        fd_mask: THREE,
        ..packets()
    };
    assert_eq!(validate(without).map(|grant| grant.packets), Ok(None));
}

#[test]
fn a_packet_ring_must_be_possible() {
    refused(
        "packet_flags",
        HelloResponse {
            packet_flags: 2,
            ..packets()
        },
    );
    refused(
        "initial_packet_seq",
        HelloResponse {
            packet_flags: 1,
            ..packets()
        },
    );
    refused(
        "initial_packet_seq",
        HelloResponse {
            initial_packet_seq: u64::MAX,
            ..packets()
        },
    );
    for packet_slot_count in [0, 4, 65, 8192] {
        refused(
            "packet_slot_count",
            HelloResponse {
                packet_slot_count,
                ..packets()
            },
        );
    }
    for packet_data_size in [0, 2048, 4097] {
        refused(
            "packet_data_size",
            HelloResponse {
                packet_data_size,
                ..packets()
            },
        );
    }
    refused(
        "extradata_size",
        HelloResponse {
            extradata_size: 4033,
            ..packets()
        },
    );
}

#[test]
fn version_1_reads_none_of_version_2() {
    let noise = HelloResponse {
        version: 1,
        fd_mask: THREE,
        packet_slot_count: 77,
        reserved0: [0xA5; 24],
        reserved1: [0xA5; 64],
        ..packets()
    };
    assert_eq!(validate(noise).map(|grant| grant.packets), Ok(None));
}
