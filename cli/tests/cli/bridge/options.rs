//! Arguments that make no sense, and waits that end.

use zerobuffer_peer::Process;

use super::{Stage, event};
use crate::support::{assert_code, parse, text};

#[test]
fn wrong_arguments_are_2() {
    let stage = Stage::new();
    let bridge = "bridge zerobuffer";
    for (line, word) in [
        (format!("{bridge} --to BUFFER"), "--from"),
        (format!("{bridge} --from KEY"), "--to"),
        (
            format!("{bridge} --from KEY --from-buffer BUFFER --to BUFFER"),
            "cannot be used with",
        ),
        (
            format!("{bridge} --from KEY --to BUFFER --caps x"),
            "--caps",
        ),
        (
            format!("{bridge} --from-buffer BUFFER --to KEY2 --wait"),
            "--wait",
        ),
        (
            format!("{bridge} --from-buffer BUFFER --to KEY2 --caps image/jpeg"),
            "image/jpeg",
        ),
        (
            format!("{bridge} --from-buffer BUFFER --to KEY2 --payload-size 1m"),
            "1m",
        ),
        (format!("{bridge} --from-buffer a/b --to KEY2"), "a/b"),
        (format!("{bridge} --from KEY --to a/b"), "a/b"),
        ("bridge".to_owned(), "zerobuffer"),
    ] {
        let said = assert_code(&stage.start(&line).output(), 2);
        assert!(said.contains(word), "{line}: {said}");
    }
}

#[test]
fn nobody_there_in_time_is_3_or_5() {
    let stage = Stage::new();
    let patience = "--connect-timeout 0.2";
    let line = format!("bridge zerobuffer --from KEY --to BUFFER {patience}");
    let said = assert_code(&stage.start(&line).output(), 3);
    assert!(
        said.contains("waiting") && said.contains(&stage.buffer),
        "{said}"
    );
    let line = format!("bridge zerobuffer --from-buffer BUFFER --to KEY2 {patience}");
    let said = assert_code(&stage.start(&line).output(), 5);
    assert!(said.contains(&stage.buffer), "{said}");
}

#[test]
fn a_buffer_in_use_is_9() {
    let stage = Stage::new();
    let mut first = stage.to_key("");
    event(&mut first, "created");
    let said = assert_code(&stage.to_key("").output(), 9);
    assert!(said.contains("already has a reader"), "{said}");
}

#[test]
fn a_frame_that_the_buffer_cannot_hold_is_11() {
    let stage = Stage::new();
    let mut reader = Process::script("reader.py", &[&stage.buffer, "4096", "1024"]);
    reader.expect("created");
    let _camera = stage.start("publish --key KEY --test-pattern 64x48@50 -q");
    let said = assert_code(&stage.to_buffer("").output(), 11);
    assert!(said.contains("4608"), "{said}");
}

#[test]
fn frames_that_nobody_describes_are_8() {
    for (metadata, word) in [(None, "without metadata"), (Some("7b7d"), "caps")] {
        let stage = Stage::new();
        let mut to_key = stage.to_key("--payload-size 100000");
        event(&mut to_key, "created");
        let mut writer = Process::script("writer.py", &[&stage.buffer]);
        writer.expect("connected");
        if let Some(metadata) = metadata {
            assert_eq!(writer.ask(&format!("metadata {metadata}")), "ok");
        }
        assert_eq!(writer.ask("hex 616263"), "ok");
        let said = assert_code(&to_key.output(), 8);
        assert!(said.contains(word) && said.contains("--caps"), "{said}");
    }
}

#[test]
fn people_are_told_what_happens() {
    let stage = Stage::new();
    let mut reader = Process::script("reader.py", &[&stage.buffer, "4096", "100000"]);
    reader.expect("created");
    let bridge = stage.start("bridge zerobuffer --from KEY --to BUFFER --frames 3");
    let _camera = stage.start("publish --key KEY --test-pattern 64x48@50 -q");
    let output = bridge.output();
    let said = assert_code(&output, 0);
    assert_eq!(text(&output.stdout), "");
    let route = format!("{} > {}: ", stage.place.key, stage.buffer);
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert_eq!(
        lines[0],
        format!("{route}frames go to process {}", reader.pid())
    );
    assert!(
        lines[1].starts_with(&format!("{route}3 frames carried, 0 dropped, ")),
        "{said}"
    );
    let json = stage
        .start("bridge zerobuffer --from KEY --to BUFFER --frames 1 --json")
        .output();
    let events = text(&json.stdout);
    let names: Vec<_> = events
        .lines()
        .map(|line| parse(line.as_bytes())["event"].clone())
        .collect();
    assert_eq!(names, ["connected", "ended"]);
    assert_eq!(assert_code(&json, 0), "");
}
