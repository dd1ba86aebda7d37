//! Packets that prove to be whole, and the smallest ring.

use cuframes::{
    PacketFlags, PacketInfo, PacketMeta, PacketRing, PacketStart, Publisher, Subscriber,
};

use super::WATCHDOG;

pub const SMALL: PacketRing = PacketRing {
    slots: 8,
    bytes: 4096,
    largest: None,
};

/// Bytes that only packet `number` has.
fn bytes(number: u64) -> Vec<u8> {
    (0..1 + number % 300)
        .map(|at| (number * 7 + at) as u8)
        .collect()
}

fn flags(is_key: bool) -> PacketFlags {
    match is_key {
        true => PacketFlags::KEY,
        false => PacketFlags::empty(),
    }
}

/// Publishes the next packet, with times that follow from its number.
pub fn put(source: &mut Publisher, is_key: bool) -> u64 {
    let number = source.stats().packets.expect("a ring").published + 1;
    let meta = PacketMeta {
        pts: Some(number as i64 * 40),
        dts: Some(number as i64 * 40 - 80),
        duration: 40,
        flags: flags(is_key),
        ..PacketMeta::default()
    };
    let seq = source
        .publish_packet(&bytes(number), &meta)
        .expect("a packet");
    assert_eq!(seq, number);
    seq
}

/// The next packet, which has to come, and to be whole.
pub fn take(reader: &mut Subscriber) -> PacketInfo {
    let packet = reader.next_packet(Some(WATCHDOG)).expect("a packet");
    let info = *packet.info();
    assert_eq!(packet.data(), bytes(info.seq), "packet {}", info.seq);
    let pts = info.seq as i64 * 40;
    assert_eq!(
        (info.pts, info.dts, info.duration),
        (Some(pts), Some(pts - 80), 40)
    );
    assert_eq!(info.size, packet.data().len());
    info
}

/// A reader of packets from the newest key packet on.
pub fn packets_only(key: &str) -> Subscriber {
    let builder = Subscriber::builder(key).packets_only(PacketStart::Keyframe);
    builder.connect().expect("a reader of packets")
}
