//! `info`, `ls` and `gc`.

use rustix::process::Signal;
use serde_json::json;
use zerobuffer::Writer;
use zerobuffer_peer::leftovers;

use crate::support::{Buffer, assert_code, parse, text};

#[test]
fn info_tells_what_is_there() {
    let buffer = Buffer::new();
    let reading = buffer.start_reader("reader NAME --buffer-size 64K --timeout-ms 0");
    let info = buffer.json("info NAME --json");
    assert_eq!(info["name"], buffer.name);
    assert_eq!(info["state"], "waiting");
    assert_eq!(info["version"], "1.0.0");
    assert_eq!(info["payload_size"], 65536);
    assert_eq!(info["payload_free"], 65536);
    assert_eq!(info["reader"], json!({"pid": reading.pid(), "alive": true}));
    assert_eq!(info["writer"], json!(null));
    assert_eq!(info["metadata"], json!(null));
    assert_eq!(info["lock_held"], true);
    let mut writer = Writer::connect(&buffer.name).expect("a writer");
    writer.set_metadata(b"{\"a\":1}").expect("metadata");
    let info = buffer.json("info NAME --json");
    assert_eq!(info["state"], "connected");
    assert_eq!(info["writer"]["pid"], std::process::id());
    assert_eq!(info["metadata"], "{\"a\":1}");
    assert_eq!(info["metadata_hex"], json!(null));
    assert_eq!(info["metadata_written"], 15);
    let output = buffer.run("info NAME");
    assert_code(&output, 0);
    let said = text(&output.stdout);
    assert!(said.contains("(connected), version 1.0.0"), "{said}");
    assert!(said.contains("{\\\"a\\\":1}"), "{said}");
}

#[test]
fn metadata_that_is_no_text_is_told_in_digits() {
    let buffer = Buffer::new();
    let _reading = buffer.start_reader("reader NAME --timeout-ms 0");
    let mut writer = Writer::connect(&buffer.name).expect("a writer");
    writer.set_metadata(&[0xff, 0x00, 0x1b]).expect("metadata");
    let info = buffer.json("info NAME --json");
    assert_eq!(info["metadata"], json!(null));
    assert_eq!(info["metadata_hex"], "ff001b");
}

#[test]
fn ls_lists_every_buffer() {
    let (one, two) = (Buffer::new(), Buffer::new());
    let _reading = one.start_reader("reader NAME --timeout-ms 0 --buffer-size 4096");
    let _also = two.start_reader("reader NAME --timeout-ms 0");
    let rows = one.json("ls --json");
    let rows = rows.as_array().expect("rows");
    for (buffer, payload) in [(&one, 4096), (&two, 4 << 20)] {
        let row = rows.iter().find(|row| row["name"] == buffer.name);
        let row = row.expect("the buffer");
        assert_eq!(row["payload_size"], payload);
    }
    let output = one.run("ls");
    assert_code(&output, 0);
    let said = text(&output.stdout);
    assert!(said.starts_with("NAME "), "{said}");
    assert!(
        said.contains(&one.name) && said.contains(&two.name),
        "{said}"
    );
}

/// Kills a reader, and collects what it left; false if somebody else did in between, as every
/// reader of the peer does when it starts, in whichever test run of this machine.
fn collects(living: &Buffer) -> bool {
    let dead = Buffer::new();
    let reading = dead.start_reader("reader NAME --timeout-ms 0 --buffer-size 4096");
    reading.signal(Signal::KILL);
    reading.output();
    let info = dead.run("info NAME --json");
    let removed = dead.json("gc --dry-run --json");
    if leftovers(&dead.name).len() < 4 {
        return false;
    }
    assert_eq!(parse(&info.stdout)["state"], "stale");
    assert_eq!(removed["dry_run"], true);
    let row = |name: &str| {
        let mut rows = removed["removed"].as_array().expect("rows").iter();
        rows.find(|row| row["name"] == name)
    };
    let files = &row(&dead.name).expect("a row")["files"];
    assert_eq!(files.as_array().map(Vec::len), Some(4), "{files}");
    assert!(row(&living.name).is_none());
    let output = dead.run("gc");
    assert_code(&output, 0);
    dead.assert_nothing_left();
    let said = text(&output.stdout);
    let lines = said.lines().filter(|line| line.contains(&dead.name));
    lines.filter(|line| line.starts_with("removed /")).count() == 4
}

#[test]
fn gc_removes_what_the_dead_left_and_nothing_else() {
    let living = Buffer::new();
    let _living = living.start_reader("reader NAME --timeout-ms 0 --buffer-size 4096");
    assert!((0..20).any(|_| collects(&living)));
    assert_eq!(leftovers(&living.name).len(), 4);
    assert_eq!(living.json("info NAME --json")["state"], "waiting");
}
