//! What is recorded is what was sent: every packet, its bytes, its times.

use std::path::Path;

use super::{Packet, end, files, packets, pictures, recorder, remuxed, told};
use crate::ingest::film;
use crate::support::{Place, assert_code};

const CODINGS: [(&str, &str); 4] = [
    ("plain", "-c:v libx264 -bf 0 -g 10 -preset ultrafast"),
    (
        "closed",
        "-c:v libx264 -bf 3 -g 12 -preset veryfast -flags +cgop",
    ),
    (
        "open",
        "-c:v libx264 -bf 3 -g 12 -preset veryfast -x264-params open-gop=1",
    ),
    (
        "hevc",
        "-c:v libx265 -g 12 -preset ultrafast -x265-params open-gop=1:bframes=3:log-level=none",
    ),
];
const SOURCE: &str = "size=160x90:rate=25:duration=3";
/// The ring holds all of a film.
const PUBLISH: &str =
    "--packets-only --wait-subscribers 1 --packet-slots 512 --packet-bytes 16M -q";

/// Compares, but for the times that `unit` of a 90000th second cannot tell apart.
fn assert_same(recorded: &[Packet], sent: &[Packet], unit: i64, what: &str) {
    assert_eq!(recorded.len(), sent.len(), "{what}: packets");
    for (number, (found, expected)) in recorded.iter().zip(sent).enumerate() {
        assert_eq!(found.md5, expected.md5, "{what}: bytes of packet {number}");
        assert_eq!(found.key, expected.key, "{what}: packet {number}");
        let dts = found.dts.zip(expected.dts);
        let times = dts.into_iter().chain([(found.pts, expected.pts)]);
        for (found, expected) in times {
            assert!(
                (found - expected).abs() < unit,
                "{what}: packet {number} is at {found} and not at {expected}"
            );
        }
        assert!(found.dts.is_some() || unit > 1, "{what}: packet {number}");
    }
}

fn record(film: &Path, extension: &str, source: &str) -> Vec<Packet> {
    let place = Place::new();
    let publisher = place.start(&format!("publish --key KEY {} {PUBLISH}", film.display()));
    let told = told(recorder(&place, &format!("x.{extension}"), ""), 0);
    assert_code(&publisher.output(), 0);
    let written = files(&told, "finished");
    assert_eq!(written, [place.dir.path().join(format!("x.{extension}"))]);
    assert_eq!(end(&told)["missed"], 0);
    assert_eq!(
        pictures(&written[0]),
        pictures(film),
        "{source} {extension}"
    );
    let found = packets(&written[0]);
    assert_eq!(end(&told)["packets"], found.len(), "{source} {extension}");
    found
}

#[test]
fn recordings_have_every_packet_of_h264_and_hevc() {
    let place = Place::new();
    for (name, coding) in CODINGS {
        let film = film(&place, &format!("{name}.mp4"), SOURCE, coding);
        let sent = packets(&film);
        assert_eq!(sent.len(), 75, "{name}");
        assert_same(
            &record(&film, "mp4", name),
            &sent,
            1,
            &format!("{name} mp4"),
        );
        // Matroska counts milliseconds.
        assert_same(
            &record(&film, "mkv", name),
            &sent,
            90,
            &format!("{name} mkv"),
        );
        // Transport streams have start codes, and headers in front of each key frame.
        let transport = remuxed(&place, &film, &format!("{name}-reference.ts"));
        let sent = packets(&transport);
        assert_same(&record(&film, "ts", name), &sent, 1, &format!("{name} ts"));
        // And the other way round: headers are taken out of the packets.
        let reference = packets(&remuxed(&place, &transport, &format!("{name}-back.mp4")));
        let found = record(&transport, "mp4", name);
        assert_same(&found, &reference, 1, &format!("{name} ts to mp4"));
    }
}

#[test]
fn motion_jpeg_is_recorded_where_it_can_be() {
    let place = Place::new();
    let film = film(
        &place,
        "x.avi",
        SOURCE,
        "-c:v mjpeg -q:v 4 -pix_fmt yuvj420p",
    );
    for extension in ["mp4", "mkv"] {
        let found = record(&film, extension, "mjpeg");
        let sent: Vec<String> = packets(&film)
            .into_iter()
            .map(|packet| packet.md5)
            .collect();
        let found: Vec<String> = found.into_iter().map(|packet| packet.md5).collect();
        assert_eq!(found, sent, "{extension}");
    }
    let publisher = place.start(&format!("publish --key KEY {} {PUBLISH}", film.display()));
    let output = recorder(&place, "x.ts", "").output();
    let said = assert_code(&output, 14);
    assert!(said.contains("record it as .mkv or .mp4"), "{said}");
    assert!(!place.dir.path().join("x.ts").exists());
    drop(publisher);
}
