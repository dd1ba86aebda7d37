//! Publishers that lie about packets, and segments that are scribbled on: an error or a loss,
//! never a panic or a fault.

mod common;

use std::time::Duration;

use common::server::{Offer, PACKET_BYTES, PACKET_SEGMENT, Served, Server};
use common::{WATCHDOG, alone, fd_count, key, strict};
use cuframes::wire::packets::{
    DATA_HEAD, EXTRADATA_GEN, HEAD_SEQ, LAST_KEYFRAME_SEQ, SLOTS, STATE,
};
use cuframes::wire::{PacketSlot, packet_flag};
use cuframes::{Error, ErrorCode, PacketStart, Result, Subscriber};
use zerocopy::{FromZeros, IntoBytes};

type Lie = (&'static str, fn(&mut Offer), ErrorCode);

fn join(server: &Server, key: &str, offer: Offer) -> (Result<Subscriber>, Served) {
    std::thread::scope(|scope| {
        let served = scope.spawn(move || server.serve(offer));
        let builder = strict(key, "victim").connect_timeout(Some(Duration::ZERO));
        let joined = builder.packets(PacketStart::Keyframe).connect();
        (joined, served.join().expect("the liar"))
    })
}

#[test]
fn lies_about_the_ring() {
    let _guard = alone();
    let protocol = ErrorCode::Protocol;
    fn header(offer: &mut Offer) -> &mut cuframes::wire::PacketHeader {
        &mut offer.packets.as_mut().expect("packets").header
    }
    let lies: [Lie; 20] = [
        ("flags not asked for", |o| o.response.version = 3, protocol),
        (
            "no packets granted",
            |o| {
                o.response.packet_flags = 0;
                o.response.fd_mask &= !cuframes::wire::fds::PACKETS;
                o.packets = None;
            },
            ErrorCode::NoPacketRing,
        ),
        (
            "a ring of 9",
            |o| o.response.packet_slot_count = 9,
            protocol,
        ),
        (
            "a ring of 16",
            |o| o.response.packet_slot_count = 16,
            protocol,
        ),
        (
            "other data",
            |o| o.response.packet_data_size = 8192,
            protocol,
        ),
        (
            "endless data",
            |o| o.response.packet_data_size = 1 << 63,
            protocol,
        ),
        ("another epoch", |o| o.response.packet_epoch = 1, protocol),
        (
            "too much extradata",
            |o| o.response.extradata_size = 4033,
            protocol,
        ),
        (
            "a start beyond",
            |o| o.response.initial_packet_seq = u64::MAX,
            protocol,
        ),
        ("magic", |o| header(o).magic = 1, protocol),
        ("version", |o| header(o).version = 1, protocol),
        ("slots", |o| header(o).slot_count = 4, protocol),
        ("4097 slots", |o| header(o).slot_count = 8192, protocol),
        ("data", |o| header(o).data_size = 4095, protocol),
        ("no data", |o| header(o).data_size = 0, protocol),
        ("extradata", |o| header(o).extradata_size = 4033, protocol),
        ("state", |o| header(o).state = 3, protocol),
        ("epoch", |o| header(o).epoch = 1, protocol),
        (
            "a short segment",
            |o| o.packets.as_mut().expect("packets").size -= 64,
            protocol,
        ),
        (
            "no segment",
            |o| o.packets.as_mut().expect("packets").size = 0,
            protocol,
        ),
    ];
    let key = key("ring");
    let server = Server::listen(&key);
    let (joined, served) = join(&server, &key, Offer::with_packets());
    assert_eq!(
        joined.expect("honest").largest_packet(),
        PACKET_BYTES as u64 / 4
    );
    drop(served);
    let before = fd_count();
    for (what, lie, expected) in lies {
        let mut offer = Offer::with_packets();
        lie(&mut offer);
        let (joined, served) = join(&server, &key, offer);
        match joined {
            Ok(_) => panic!("'{what}' was believed"),
            Err(error) => assert_eq!(error.code(), expected, "{what}: {error}"),
        }
        drop(served);
        assert_eq!(fd_count(), before, "'{what}' left descriptors behind");
    }
}

/// Puts an honest key packet of 8 bytes as `seq` at the start of its data.
fn put(served: &Served, seq: u64) {
    let slot = PacketSlot {
        seq,
        data_pos: (seq - 1) * 64,
        size: 8,
        flags: packet_flag::KEY,
        ..PacketSlot::new_zeroed()
    };
    served.write_packets(DATA_HEAD, &(seq * 64).to_le_bytes());
    served.write_packets(SLOTS + (seq % 8) as usize * 64, slot.as_bytes());
    served.write_packets(LAST_KEYFRAME_SEQ, &seq.to_le_bytes());
    served.write_packets(HEAD_SEQ, &seq.to_le_bytes());
}

#[test]
fn a_publisher_that_dies_between_two_words() {
    let _guard = alone();
    let key = key("dead");
    let server = Server::listen(&key);
    let (joined, served) = join(&server, &key, Offer::with_packets());
    let mut reader = joined.expect("honest");
    put(&served, 1);
    let packet = reader.next_packet(Some(WATCHDOG)).expect("a packet");
    assert_eq!((packet.info().seq, packet.data()), (1, &[0; 8][..]));
    // Extradata half written, for ever.
    put(&served, 2);
    served.write_packets(SLOTS + 2 * 64 + 0x38, &2u32.to_le_bytes());
    served.write_packets(EXTRADATA_GEN, &1u32.to_le_bytes());
    let error = reader
        .next_packet(Some(WATCHDOG))
        .expect_err("half written");
    assert_eq!(error.code(), ErrorCode::NoCodecParams);
    served.write_packets(EXTRADATA_GEN, &2u32.to_le_bytes());
    assert_eq!(
        reader
            .next_packet(Some(WATCHDOG))
            .expect("settled")
            .info()
            .seq,
        2
    );
    // A number that cannot be, then a state that cannot be.
    served.write_packets(HEAD_SEQ, &u64::MAX.to_le_bytes());
    let error = reader
        .next_packet(Some(WATCHDOG))
        .expect_err("no such number");
    assert_eq!(error.code(), ErrorCode::Protocol);
    served.write_packets(HEAD_SEQ, &2u64.to_le_bytes());
    served.write_packets(STATE, &9u32.to_le_bytes());
    let error = reader
        .next_packet(Some(WATCHDOG))
        .expect_err("no such state");
    assert_eq!(error.code(), ErrorCode::Protocol);
    // Gone without a word: what is there is read, then it is waited for.
    served.write_packets(STATE, &1u32.to_le_bytes());
    put(&served, 3);
    served.write_packets(SLOTS + 3 * 64 + 0x38, &2u32.to_le_bytes());
    drop(served);
    assert_eq!(
        reader
            .next_packet(Some(WATCHDOG))
            .expect("the last")
            .info()
            .seq,
        3
    );
    let error = reader
        .next_packet(Some(Duration::from_millis(50)))
        .expect_err("gone");
    assert!(
        matches!(error.code(), ErrorCode::Timeout | ErrorCode::Disconnected),
        "{error}"
    );
}

/// The next number of a sequence that looks random.
fn random(state: &mut u64) -> u64 {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *state >> 11
}

#[test]
fn scribbling_over_the_segment() {
    const TURNS: usize = 20_000;
    let _guard = alone();
    let key = key("scribbled");
    let server = Server::listen(&key);
    let (joined, served) = join(&server, &key, Offer::with_packets());
    let mut reader = joined.expect("honest");
    let (mut state, mut last, mut honest) = (7, 0, 0u64);
    let (mut packets, mut losses, mut refusals) = (0u32, 0u32, 0u32);
    for turn in 0..TURNS {
        let value = match random(&mut state) % 4 {
            0 => random(&mut state) % 64,
            1 => u64::MAX - random(&mut state) % 64,
            _ => random(&mut state),
        };
        let at = random(&mut state) as usize % (PACKET_SEGMENT / 8) * 8;
        // Not the magic, nor what was read once: only what is read again.
        let at = if at < HEAD_SEQ {
            HEAD_SEQ + at % 32 / 8 * 8
        } else {
            at
        };
        served.write_packets(at, &value.to_le_bytes());
        if turn % 3 == 0 {
            served.write_packets(STATE, &1u32.to_le_bytes());
            served.write_packets(EXTRADATA_GEN, &0u32.to_le_bytes());
            honest = honest.max(last) + 1 + turn as u64 % 2;
            put(&served, honest);
        }
        match reader.next_packet(Some(Duration::ZERO)) {
            Ok(packet) => {
                let info = packet.info();
                assert!(info.seq > last, "{} after {last}", info.seq);
                assert!(info.size == packet.data().len() && info.size <= PACKET_BYTES / 4);
                (last, packets) = (info.seq, packets + 1);
            }
            Err(Error::PacketOverrun { .. }) => losses += 1,
            Err(Error::WouldBlock) => {}
            Err(error) => {
                let code = error.code();
                let known = [
                    ErrorCode::Protocol,
                    ErrorCode::NoCodecParams,
                    ErrorCode::EndOfStream,
                ];
                assert!(known.contains(&code), "{error}");
                refusals += 1;
            }
        }
        if last > 1 << 40 {
            // A number near the end of all numbers was believed; begin anew.
            break;
        }
    }
    assert!(
        packets > 100 && losses > 10,
        "{packets} packets, {losses} losses, {refusals} refusals"
    );
}
