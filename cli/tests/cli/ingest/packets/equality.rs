//! Packet by packet what `ffmpeg -c copy` gives, and each frame names its own.

use std::path::Path;

use cuframes::PacketFlags;

use super::super::{film, of_file, reference, summary, sums};
use super::reader::{Packet, Read, Reader};
use super::{TO_BOTH, X264, X265, copied, copies, is_key, probed, read_packets};
use crate::support::{Place, assert_code};

const FRAMES: usize = 60;

/// Containers, and codings of ffmpeg: groups that are closed and open, with B-frames that
/// others refer to and without any.
fn films() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("a.mp4", "h264", format!("{X264} -bf 3 -g 20")),
        (
            "b.ts",
            "h264",
            format!("{X264} -bf 3 -g 20 -b_strategy 0 -x264-params open-gop=1:b-pyramid=strict"),
        ),
        ("c.mkv", "h264", format!("{X264} -tune zerolatency -g 12")),
        (
            "d.mkv",
            "hevc",
            format!("{X265}:open-gop=1:keyint=20:bframes=4"),
        ),
        (
            "e.ts",
            "hevc",
            format!("{X265}:open-gop=0:keyint=20:bframes=3"),
        ),
        ("f.mp4", "hevc", format!("{X265}:bframes=0:keyint=15")),
        ("g.mkv", "mjpeg", "-c:v mjpeg -pix_fmt yuvj420p".to_owned()),
    ]
}

/// Packets are numbered from 1 on without a gap.
fn assert_in_sequence(packets: &[Packet]) {
    for (number, packet) in (1..).zip(packets) {
        assert_eq!(packet.seq, number);
    }
}

/// By pts, and for key packets by decoding them alone.
fn assert_named(read: &Read, name: &str) {
    assert_eq!(read.frames.len(), FRAMES, "{name}");
    let mut named = Vec::new();
    for frame in &read.frames {
        let index = usize::try_from(frame.packet_seq)
            .expect("small")
            .checked_sub(1);
        let packet = &read.packets[index.expect("a packet")];
        assert_eq!(frame.pts, packet.pts, "{name}");
        named.push(frame.packet_seq);
    }
    let in_order = named.is_sorted();
    named.sort_unstable();
    assert_eq!(named, (1..=FRAMES as u64).collect::<Vec<_>>(), "{name}");
    let reordered = !matches!(name, "c.mkv" | "f.mp4" | "g.mkv" | "h.mp4");
    assert_eq!(in_order, !reordered, "{name}");
}

/// A key packet with its headers alone decodes to the frame that names it.
fn assert_decodes_alone(read: &Read, pictures: &[(String, String)], format: &str) {
    let mut keys = 0;
    for (frame, (_, sum)) in read.frames.iter().zip(pictures) {
        let packet = &read.packets[frame.packet_seq as usize - 1];
        if is_key(packet) {
            let file = read.key_packet(packet.seq);
            let path = file.to_str().expect("a name");
            let alone = reference(&["-f", format, "-i", path], &[]);
            assert_eq!(alone.len(), 1);
            assert_eq!(&alone[0].1, sum, "packet {}", packet.seq);
            keys += 1;
        }
    }
    assert!(keys >= 3, "{keys}");
}

fn read_all(place: &Place, file: &Path) -> (Read, Vec<(String, String)>) {
    let publisher = place.start(&format!(
        "publish --key KEY --json {TO_BOTH} {}",
        file.display()
    ));
    let reader = Reader::start(place, true);
    let pictures = place.run("sub KEY --strict --framemd5 --time-base 1/90000 --connect-timeout 9");
    assert_code(&pictures, 0);
    let read = reader.read();
    let output = publisher.output();
    assert_code(&output, 0);
    let summary = summary(&output.stdout);
    let tally = &summary["input"]["packets"];
    assert_eq!(tally["published"], read.packets.len());
    let bytes: usize = read.packets.iter().map(|packet| packet.size).sum();
    assert_eq!(tally["bytes"], bytes);
    assert_eq!(
        (&tally["skipped"], &tally["oversized"]),
        (&0.into(), &0.into())
    );
    (read, sums(&pictures.stdout))
}

#[test]
fn packets_are_those_of_the_input_and_frames_name_them() {
    for (name, codec, coding) in films() {
        let place = Place::new();
        let file = film(&place, name, "size=192x108:rate=25:duration=2.4", &coding);
        let (expected, headers) = copies(&file);
        assert_eq!(expected.len(), FRAMES, "{name}");
        let (read, pictures) = read_all(&place, &file);
        let found: Vec<_> = read.packets.iter().map(copied).collect();
        assert_eq!(found, expected, "{name}");
        assert_in_sequence(&read.packets);
        let flags: Vec<_> = read.packets.iter().map(is_key).collect();
        let keys: Vec<_> = probed(&file).into_iter().map(|(_, key)| key).collect();
        assert_eq!(flags, keys, "{name}");
        for packet in &read.packets {
            let first = packet.seq == 1;
            assert_eq!(
                packet.flags.contains(PacketFlags::NEW_EXTRADATA),
                first,
                "{name}"
            );
            assert!(!packet.flags.contains(PacketFlags::DISCONTINUITY), "{name}");
            let told = packet
                .codec
                .replace("0 d41d8cd98f00b204e9800998ecf8427e", "0 -");
            assert_eq!(told, format!("{codec} {headers}"), "{name}");
        }
        assert_eq!(pictures, of_file(&file), "{name}");
        assert_named(&read, name);
        if name.ends_with(".ts") {
            assert_decodes_alone(&read, &pictures, codec);
        }
    }
}

#[test]
fn packets_alone_need_no_decoder() {
    let place = Place::new();
    let file = film(&place, "a.ts", "size=192x108:rate=25:duration=2.4", X264);
    let (expected, _) = copies(&file);
    let options = TO_BOTH.replace("--wait-subscribers 3", "--wait-subscribers 2");
    let publisher = place.start(&format!(
        "publish --key KEY --json --packets-only {options} {}",
        file.display()
    ));
    let read = read_packets(&place);
    let found: Vec<_> = read.packets.iter().map(copied).collect();
    assert_eq!(found.len(), FRAMES);
    assert_eq!(found, expected);
    let output = publisher.output();
    assert_code(&output, 0);
    let events: Vec<_> = super::super::events(&output.stdout);
    let stream = events
        .iter()
        .find(|event| event["event"] == "stream")
        .expect("an event");
    assert!(stream["frames"].is_null(), "{stream}");
    assert_eq!(
        (&stream["width"], &stream["height"]),
        (&192.into(), &108.into())
    );
    assert_eq!(
        (&stream["codec"], &stream["packets"]["slots"]),
        (&"h264".into(), &512.into())
    );
    let ended = events.last().expect("an event");
    assert_eq!(
        (&ended["frames"], &ended["published"]),
        (&FRAMES.into(), &0.into())
    );
}
