//! Packets of cameras, over the network and over what happens to it.

use std::path::Path;

use cuframes::PacketFlags;

use super::super::camera::{Server, camera, rtsp_film};
use super::super::film;
use super::reader::Packet;
use super::{TO_BOTH, X264, X265, copies, is_key, read_both};
use crate::support::{Place, assert_code};

fn flagged(packets: &[Packet], flag: PacketFlags) -> Vec<u64> {
    let flagged = packets.iter().filter(|packet| packet.flags.contains(flag));
    flagged.map(|packet| packet.seq).collect()
}

#[test]
fn packets_go_on_in_sequence_after_a_camera_came_back() {
    let place = Place::new();
    let coding = format!("{X264} -bf 2");
    let file = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", &coding);
    let bytes = std::fs::read(&file).expect("a file");
    let input = camera(vec![bytes.clone(), bytes.clone(), bytes]);
    let line = format!("publish --key KEY {TO_BOTH} --frames 30 {input}");
    let publisher = place.start(&line);
    let read = read_both(&place);
    assert_code(&publisher.output(), 0);
    let (once, _) = copies(&file);
    assert_eq!(
        (once.len(), read.packets.len(), read.frames.len()),
        (10, 30, 30)
    );
    for (number, packet) in read.packets.iter().enumerate() {
        let same = &once[number % 10];
        assert_eq!((packet.size, &packet.md5), (same.3, &same.4));
        assert_eq!(packet.seq, number as u64 + 1);
    }
    assert_eq!(flagged(&read.packets, PacketFlags::DISCONTINUITY), [11, 21]);
    assert_eq!(flagged(&read.packets, PacketFlags::NEW_EXTRADATA), [1]);
    let dts: Vec<_> = read.packets.iter().map(|packet| packet.dts).collect();
    assert!(dts.is_sorted() && dts[0].is_some(), "{dts:?}");
    for frame in &read.frames {
        assert_eq!(frame.pts, read.packets[frame.packet_seq as usize - 1].pts);
    }
}

#[test]
fn a_camera_that_changes_its_codec_has_new_headers() {
    let place = Place::new();
    let one = film(&place, "a.ts", "size=64x48:rate=25:duration=0.4", X264);
    let two = film(&place, "b.ts", "size=128x96:rate=25:duration=0.4", X265);
    let answers = [&one, &two].map(|file| std::fs::read(file).expect("a file"));
    let input = camera(answers.to_vec());
    let line = format!("publish --key KEY {TO_BOTH} --frames 20 {input}");
    let publisher = place.start(&line);
    let read = read_both(&place);
    assert_code(&publisher.output(), 0);
    assert_eq!((read.packets.len(), read.frames.len()), (20, 20));
    let (first, second) = (copies(&one).1, copies(&two).1);
    for packet in &read.packets {
        let expected = match packet.seq {
            ..=10 => format!("h264 {first}"),
            _ => format!("hevc {second}"),
        };
        assert_eq!(packet.codec, expected, "{}", packet.seq);
    }
    assert_eq!(flagged(&read.packets, PacketFlags::NEW_EXTRADATA), [1, 11]);
    assert!(is_key(&read.packets[10]));
}

#[test]
fn rtsp_over_tcp_brings_every_packet() {
    let place = Place::new();
    let file = rtsp_film(&place);
    let server = Server::start(&file, "0");
    let publisher = place.start(&format!(
        "publish --key KEY --json --reconnect=false {TO_BOTH} {}",
        server.address()
    ));
    let read = read_both(&place);
    let output = publisher.output();
    assert_code(&output, 0);
    let expected = slices(&place, &file);
    assert_eq!(read.packets.len(), 50);
    assert_eq!(read.frames.len(), 50);
    assert_eq!(expected.len(), 50);
    for frame in &read.frames {
        assert_eq!(frame.pts, read.packets[frame.packet_seq as usize - 1].pts);
    }
    let keys = read.packets.iter().filter(|packet| is_key(packet)).count();
    assert_eq!(keys, 2);
    for packet in read.packets.iter().filter(|packet| is_key(packet)) {
        let bytes = std::fs::read(read.key_packet(packet.seq)).expect("a file");
        let slices = expected[packet.seq as usize - 1].clone();
        assert!(
            bytes.windows(slices.len()).any(|part| part == slices),
            "{}",
            packet.seq
        );
    }
}

#[test]
fn rtsp_over_udp_brings_no_other_packets() {
    let place = Place::new();
    let file = rtsp_film(&place);
    let server = Server::start(&file, "0");
    let publisher = place.start(&format!(
        "publish --key KEY --json --reconnect=false --rtsp-transport udp {TO_BOTH} {}",
        server.address()
    ));
    let read = read_both(&place);
    assert_code(&publisher.output(), 0);
    // What the network lost is lost; what came is in its order, and is what was sent.
    let expected = slices(&place, &file);
    assert_eq!(expected.len(), 50);
    assert!(
        (25..=50).contains(&read.packets.len()),
        "{}",
        read.packets.len()
    );
    let mut sent = expected.iter();
    for packet in read.packets.iter().filter(|packet| is_key(packet)) {
        let bytes = std::fs::read(read.key_packet(packet.seq)).expect("a file");
        let contains = |slice: &&Vec<u8>| bytes.windows(slice.len()).any(|part| part == **slice);
        assert!(sent.any(|slice| contains(&slice)), "{}", packet.seq);
    }
    for frame in read.frames.iter().filter(|frame| frame.packet_seq != 0) {
        assert_eq!(frame.pts, read.packets[frame.packet_seq as usize - 1].pts);
    }
}

/// The slices of a film. A server sends them as they are in a byte stream: so does ffmpeg here.
fn slices(place: &Place, film: &Path) -> Vec<Vec<u8>> {
    let plain = place.dir.path().join("a.h264");
    let (source, path) = (
        film.to_str().expect("a name"),
        plain.to_str().expect("a name"),
    );
    super::ffmpeg(&["-i", source, "-c", "copy", path]);
    units(&std::fs::read(&plain).expect("a file"))
}

/// The slices of each picture of an H.264 byte stream in which each picture is one slice.
fn units(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut starts: Vec<usize> = (0..bytes.len().saturating_sub(3))
        .filter(|&at| bytes[at..at + 3] == [0, 0, 1])
        .collect();
    starts.push(bytes.len() + 3);
    let units = starts.windows(2).map(|pair| {
        let unit = &bytes[pair[0] + 3..pair[1] - 3];
        let end = unit
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |at| at + 1);
        unit[..end].to_vec()
    });
    units.filter(|unit| matches!(unit[0] & 31, 1 | 5)).collect()
}
