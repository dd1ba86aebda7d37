//! `ls`, `info` and `gc` tell the truth.

use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Place, Running, assert_code, assert_signal, parse, text};

fn publisher(place: &Place) -> Running {
    let publisher =
        place.start("publish --key KEY --test-pattern 320x240@100 --format bgr24 --slots 4 -q");
    // Whoever has read a frame knows that it is there.
    assert_code(&place.run("sub KEY --frames 1"), 0);
    publisher
}

fn states(place: &Place, line: &str) -> Vec<(String, String)> {
    let rows = place.json(line);
    let word = |row: &Value, name: &str| row[name].as_str().expect("a word").to_owned();
    let rows = rows.as_array().expect("a list");
    rows.iter()
        .map(|row| (word(row, "key"), word(row, "state")))
        .collect()
}

/// What gc says of this test's key; there may be the litter of others in /dev/shm.
fn collected(place: &Place, line: &str) -> Vec<String> {
    let report = place.json(line);
    let paths = report["removed"].as_array().expect("a list");
    let paths = paths.iter().filter_map(Value::as_str);
    let mine = paths.filter(|path| path.contains(&place.key));
    mine.map(str::to_owned).collect()
}

#[test]
fn a_live_publisher_is_listed_and_described() {
    let place = Place::new();
    assert_eq!(states(&place, "ls --all --json"), []);
    let publisher = publisher(&place);
    let mut reader = place.start("sub KEY --strict --name reader -o -");
    assert_eq!(reader.read(1).len(), 1);
    let rows = place.json("ls --json");
    assert_eq!(rows.as_array().map(Vec::len), Some(1));
    let row = &rows[0];
    assert_eq!(row["key"], place.key);
    assert_eq!(row["state"], "live");
    assert_eq!(row["pid"], publisher.pid());
    assert_eq!(
        (&row["format"], &row["fourcc"]),
        (&"bgr24".into(), &"RG24".into())
    );
    assert_eq!((&row["width"], &row["height"]), (&320.into(), &240.into()));
    assert_eq!(row["subscribers"], 1);
    let info = place.json("info KEY --json");
    assert_eq!(info["pid"], publisher.pid());
    assert_eq!(info["slots"], 4);
    assert_eq!(
        (&info["memory"], &info["sync"]),
        (&"host".into(), &"cpu".into())
    );
    assert_eq!(info["device"], Value::Null);
    assert_eq!(
        (&row["memory"], &row["sync"]),
        (&"host".into(), &"cpu".into())
    );
    assert_eq!(info["fps"], "100/1");
    assert_eq!(info["pitches"], Value::from(vec![1024]));
    assert_eq!(info["subscribers"].as_array().map(Vec::len), Some(1));
    let subscriber = &info["subscribers"][0];
    assert_eq!(subscriber["name"], "reader");
    assert_eq!(subscriber["pid"], reader.pid());
    assert_eq!(subscriber["mode"], "strict");
    let told = text(&place.run("info KEY").stdout);
    assert!(
        told.contains("bgr24 (RG24)") && told.contains("reader"),
        "{told}"
    );
    let listed = text(&place.run("ls").stdout);
    assert!(
        listed.contains("bgr24 (RG24)") && listed.contains(&place.key),
        "{listed}"
    );
}

#[test]
fn what_a_killed_publisher_leaves_is_collected_once() {
    let place = Place::new();
    let publisher = publisher(&place);
    // Nothing is garbage while it lives.
    assert_eq!(collected(&place, "gc --json"), [""; 0]);
    publisher.signal(Signal::KILL);
    assert_signal(publisher.output().status, Signal::KILL);
    let key = place.key.clone();
    assert_eq!(
        states(&place, "ls --json"),
        [(key.clone(), "dead".to_owned())]
    );
    assert_code(&place.run("info KEY"), 3);
    let announced = collected(&place, "gc --dry-run --json");
    let socket = place.dir.path().join(format!("{key}.sock"));
    assert!(
        announced.contains(&socket.display().to_string()),
        "{announced:?}"
    );
    assert!(
        announced.iter().any(|path| path.starts_with("/dev/shm/")),
        "{announced:?}"
    );
    assert!(socket.exists(), "a dry run removes nothing");
    let removed = collected(&place, "gc --json");
    assert_eq!(removed, announced);
    for path in &removed {
        assert!(!std::path::Path::new(path).exists(), "{path}");
    }
    assert_eq!(collected(&place, "gc --json"), [""; 0]);
    assert_eq!(states(&place, "ls --json"), []);
    assert_eq!(
        states(&place, "ls --all --json"),
        [(key, "gone".to_owned())]
    );
}

#[test]
fn an_anonymous_publisher_has_no_names_in_dev_shm() {
    let place = Place::new();
    let publisher =
        place.start("publish --key KEY --test-pattern 64x48@100 --anonymous --wait-subscribers 1");
    let mut reader = place.start("sub KEY -o -");
    assert_eq!(reader.read(1).len(), 1);
    let names = std::fs::read_dir("/dev/shm")
        .expect("the directory")
        .flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mine: Vec<_> = names.filter(|name| name.contains(&place.key)).collect();
    assert_eq!(mine, [""; 0]);
    publisher.signal(Signal::TERM);
    assert_signal(publisher.output().status, Signal::TERM);
}

#[test]
fn the_publisher_reports_at_its_end() {
    let place = Place::new();
    let output = place.run("publish --key KEY --test-pattern 8x8@1000 --frames 30 --json");
    assert_code(&output, 0);
    let report = parse(&output.stdout);
    assert_eq!(report["frames"], 30);
    assert_eq!(report["published"], 30);
    assert_eq!(report["dropped"], 0);
    assert_eq!(report["ended"], "end_of_stream");
    assert_eq!(
        (&report["memory"], &report["sync"]),
        (&"host".into(), &"cpu".into())
    );
    let said = assert_code(
        &place.run("publish --key KEY --test-pattern 8x8@1000 --frames 30"),
        0,
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("30 frames of 8x8 nv12 (NV12), 30 published"),
        "{said}"
    );
}
