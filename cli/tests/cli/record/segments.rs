//! Where segments begin and end, and which of them stay.

use std::path::{Path, PathBuf};

use super::stage::Player;
use super::{Packet, end, files, packets, pictures, recorder, so_far, told};
use crate::ingest::film;
use crate::support::{Place, assert_code, until};

const H264: &str = "-c:v libx264 -bf 2 -g 25 -preset ultrafast -x264-params b-adapt=0";
const PUBLISH: &str =
    "--packets-only --wait-subscribers 1 --packet-slots 1024 --packet-bytes 16M -q";

fn bytes(packets: &[Packet]) -> Vec<&str> {
    packets.iter().map(|packet| packet.md5.as_str()).collect()
}

/// Records a film of 12 s with a key frame each second.
fn record(place: &Place, output: &str, options: &str) -> (Vec<serde_json::Value>, PathBuf) {
    let film = film(place, "film.mp4", "size=160x90:rate=25:duration=12", H264);
    let publisher = place.start(&format!("publish --key KEY {} {PUBLISH}", film.display()));
    let told = told(recorder(place, output, options), 0);
    drop(publisher);
    (told, film)
}

#[test]
fn segments_are_as_long_as_asked_for_and_lose_nothing() {
    for extension in ["mp4", "mkv", "ts"] {
        let place = Place::new();
        let (told, film) = record(&place, &format!("c.{extension}"), "--segment 5s");
        let written = files(&told, "finished");
        let name = |number: &str| place.dir.path().join(format!("c{number}.{extension}"));
        assert_eq!(written, [name(""), name("-1"), name("-2")]);
        let counts: Vec<usize> = written.iter().map(|file| packets(file).len()).collect();
        assert_eq!(counts, [125, 125, 50], "{extension}");
        let together: Vec<String> = written.iter().flat_map(|file| pictures(file)).collect();
        assert_eq!(together, pictures(&film), "{extension}");
        for file in &written {
            assert!(packets(file)[0].key && packets(file)[0].pts == 0);
        }
    }
}

#[test]
fn the_duration_is_exact() {
    let place = Place::new();
    let (told, film) = record(&place, "c.mp4", "--duration 5.2s");
    assert_eq!(end(&told)["packets"], 130);
    let found = packets(&place.dir.path().join("c.mp4"));
    assert_eq!(bytes(&found), bytes(&packets(&film)[..130]));
}

#[test]
fn the_oldest_segments_go_and_files_of_others_stay() {
    let place = Place::new();
    let others = ["c.txt", "d-1.mp4", "c-x.mp4", "c-90.mp4.bak"];
    for other in others {
        std::fs::write(place.dir.path().join(other), "not ours").expect("a file");
    }
    // One of a run before, behind whose number the next ones come.
    std::fs::write(place.dir.path().join("c-77.mp4"), "older").expect("a file");
    let (told, _) = record(&place, "c.mp4", "--segment 3s --keep 2");
    let name = |name: &str| place.dir.path().join(name);
    let written = ["c-78.mp4", "c-79.mp4", "c-80.mp4", "c-81.mp4"].map(name);
    assert_eq!(files(&told, "begun"), written);
    assert_eq!(
        files(&told, "removed"),
        ["c-77.mp4", "c-78.mp4", "c-79.mp4"].map(name)
    );
    assert!(!written[0].exists() && !written[1].exists());
    assert_eq!(packets(&written[2]).len(), 75);
    assert_eq!(packets(&written[3]).len(), 75);
    for other in others {
        assert!(name(other).exists(), "{other}");
    }
}

#[test]
fn names_tell_the_time_and_nothing_is_written_over() {
    let place = Place::new();
    for again in 0..2 {
        let (told, _) = record(&place, "%Y/cam-%j.ts", "--segment 1h");
        let written = files(&told, "finished");
        assert_eq!(written.len(), 1);
        let name = written[0].to_string_lossy().into_owned();
        let number = if again == 0 { "" } else { "-1" };
        assert!(name.ends_with(&format!("{number}.ts")), "{name}");
        assert!(name.contains("/cam-") && !name.contains('%'), "{name}");
    }
    let said = assert_code(
        &place.run("record KEY -o x/%Y/c.ts --segment 9s --keep 1"),
        2,
    );
    assert!(said.contains("one folder"), "{said}");
    for wrong in ["c.avi", "c%Q.mp4", "c"] {
        assert_code(&place.run(&format!("record KEY -o {wrong}")), 2);
    }
    assert_code(&place.run("record KEY -o c.ts --keep 2"), 2);
}

/// The publisher is killed and another one comes, whose pictures have another size.
#[test]
fn another_publisher_and_another_size_begin_a_new_file() {
    let place = Place::new();
    let small = film(&place, "small.ts", "size=160x90:rate=25:duration=2", H264);
    let large = film(&place, "large.ts", "size=320x180:rate=25:duration=2", H264);
    let mut first = Player::start(&place, 256);
    let recorder = recorder(&place, "c.ts", "");
    first.wait();
    let file = |number: &str| place.dir.path().join(format!("c{number}.ts"));
    // A ring has the headers of one kind of packets, so each kind is waited for.
    let recorded = |file: &Path, count| {
        until(&format!("record {count} packets"), || {
            file.exists() && so_far(file) == count
        });
    };
    first.send(&small, 0, 50, 0);
    recorded(&file(""), 50);
    // The same again, as a camera that was opened again says it: the file goes on.
    first.send(&small, 0, 50, 2_000_000_000);
    recorded(&file(""), 100);
    first.send(&large, 0, 50, 4_000_000_000);
    recorded(&file("-1"), 50);
    first.kill();
    let mut second = Player::start(&place, 256);
    second.wait();
    second.send(&large, 0, 50, 77);
    second.end();
    let told = told(recorder, 0);
    let written = files(&told, "finished");
    assert_eq!(written, ["", "-1", "-2"].map(file));
    assert_eq!(end(&told)["reattached"], 1);
    let counts: Vec<usize> = written.iter().map(|file| packets(file).len()).collect();
    assert_eq!(counts, [100, 50, 50]);
    let films = [&small, &large, &large].map(|film| pictures(film));
    assert_eq!(pictures(&written[0])[..50], films[0]);
    assert_eq!(pictures(&written[1]), films[1]);
    assert_eq!(pictures(&written[2]), films[2]);
}
