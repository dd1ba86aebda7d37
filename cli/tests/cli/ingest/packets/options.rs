//! What options do to packets, and what cannot be done.

use super::super::{film, published, summary};
use super::{TO_BOTH, X264, read_packets};
use crate::support::{Place, assert_code};

#[test]
fn packets_are_there_unless_they_are_not_wanted() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=1", X264);
    let input = file.display().to_string();
    let (_, summary, said) = published(&place, &input, "");
    assert_eq!(summary["input"]["packets"]["published"], 25);
    assert!(!said.contains("packet"), "{said}");
    let (_, summary, said) = published(&place, &input, "--enable-packet-ring");
    assert_eq!(summary["input"]["packets"]["published"], 25);
    assert!(said.contains("without --enable-packet-ring"), "{said}");
    let (_, summary, _) = published(&place, &input, "--no-packets");
    assert!(summary["input"]["packets"].is_null(), "{summary}");
}

#[test]
fn packets_of_no_codec_of_ours_are_told() {
    let place = Place::new();
    let input = "lavfi:testsrc2=size=64x48:rate=25:duration=0.4";
    let (found, summary, said) = published(&place, input, "");
    assert_eq!(found.len(), 10);
    assert!(summary["input"]["packets"].is_null(), "{summary}");
    assert!(
        said.contains("no packets of rawvideo are published"),
        "{said}"
    );
    let output = place.run(&format!("publish --key KEY --packets-only {input}"));
    let said = assert_code(&output, 15);
    assert!(
        said.contains("publish packets: no packets of rawvideo"),
        "{said}"
    );
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    let place = Place::new();
    for (line, word) in [
        ("--no-packets --packets-only a.mp4", "--packets-only"),
        ("--no-packets --packet-slots 9 a.mp4", "--packet-slots"),
        ("--packets-only --scale 4x4 a.mp4", "--scale"),
        ("--packets-only --format nv12 a.mp4", "--format"),
        ("--packet-bytes many a.mp4", "many"),
        ("--test-pattern 4x4@5 --packets-only", "--packets-only"),
        (
            "--size 4x4 --format gray --fps 5 --packets-only -",
            "--packets-only",
        ),
        (
            "--size 4x4 --format gray --fps 5 --packet-slots 9 -",
            "packets",
        ),
    ] {
        let output = place.run(&format!("publish --key KEY {line}"));
        assert!(assert_code(&output, 2).contains(word), "{line}");
    }
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=1", X264);
    let output = place.run(&format!(
        "publish --key KEY --packet-slots 9999 {}",
        file.display()
    ));
    assert!(assert_code(&output, 2).contains("9999 packet slots"));
    let line = format!(
        "publish --key KEY --packets-only --memory cuda_ipc {}",
        file.display()
    );
    assert!(assert_code(&place.run(&line), 2).contains("packets only"));
}

#[test]
fn a_group_that_does_not_fit_is_told_once() {
    let place = Place::new();
    let coding = format!("{X264} -g 12 -bf 0");
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=2", &coding);
    let input = file.display().to_string();
    let (_, _, said) = published(&place, &input, "--packet-slots 8");
    assert_eq!(said.matches("who joins late waits").count(), 1, "{said}");
    assert!(said.contains("9 packets and"), "{said}");
    let (_, _, said) = published(&place, &input, "--packet-slots 16");
    assert!(!said.contains("who joins late waits"), "{said}");
}

#[test]
fn a_packet_that_is_too_large_is_left_out_and_told() {
    let place = Place::new();
    let coding = format!("{X264} -g 10 -bf 0 -crf 1");
    let file = film(&place, "a.ts", "size=320x180:rate=25:duration=1", &coding);
    let largest = super::copies(&file).0.iter().map(|packet| packet.3).max();
    let room = 8 << 10;
    assert!(largest > Some(room), "{largest:?}");
    let options = TO_BOTH
        .replace("16M", "32K")
        .replace("--wait-subscribers 3", "");
    let line = format!("publish --key KEY --json {options} {}", file.display());
    let output = place.run(&line);
    let said = assert_code(&output, 0);
    assert_eq!(
        said.matches("--packet-bytes makes it larger").count(),
        1,
        "{said}"
    );
    let summary = summary(&output.stdout);
    let tally = &summary["input"]["packets"];
    let number = |name: &str| tally[name].as_u64().expect("a number");
    let large = super::copies(&file)
        .0
        .iter()
        .filter(|packet| packet.3 > room)
        .count() as u64;
    assert_eq!(
        (number("oversized"), number("published")),
        (large, 25 - large)
    );
    assert_eq!(summary["published"], 25);
}

#[test]
fn a_limit_counts_packets_where_there_are_no_frames() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=1", X264);
    let options = TO_BOTH.replace("--wait-subscribers 3", "--wait-subscribers 2");
    let line = format!(
        "publish --key KEY --packets-only --loop --frames 60 {options} {}",
        file.display()
    );
    let publisher = place.start(&line);
    let read = read_packets(&place);
    assert_eq!(read.packets.len(), 60);
    assert_code(&publisher.output(), 0);
    // In time and in sequence, over the seams too.
    let dts: Vec<_> = read.packets.iter().map(|packet| packet.dts).collect();
    assert!(
        dts.windows(2)
            .all(|pair| pair[1] == pair[0].map(|dts| dts + 40_000_000)),
        "{dts:?}"
    );
    let seams = read
        .packets
        .iter()
        .filter(|packet| packet.flags.contains(cuframes::PacketFlags::DISCONTINUITY));
    assert_eq!(seams.map(|packet| packet.seq).collect::<Vec<_>>(), [26, 51]);
}
