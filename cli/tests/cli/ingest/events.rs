//! What programs are told while an input is published, and what is shown on a terminal.

use std::process::{Command, Stdio};

use serde_json::Value;

use super::{TO_ONE, camera, events, film, read};
use crate::support::{Place, Running, assert_code, program, text};

fn names(events: &[Value]) -> Vec<&str> {
    let name = |event: &'_ Value| event["event"].as_str().map(str::len);
    assert!(events.iter().all(|event| name(event).is_some()));
    events
        .iter()
        .filter_map(|event| event["event"].as_str())
        .filter(|&name| name != "stats")
        .collect()
}

#[test]
fn every_event_is_a_line_of_json() {
    let place = Place::new();
    let bytes = camera::recording(&place);
    let input = camera::camera(vec![bytes.clone(), bytes]);
    let publisher = place.start(&format!(
        "publish --key KEY --json {TO_ONE} --frames 20 {input}"
    ));
    assert_eq!(read(&place).len(), 20);
    let output = publisher.output();
    assert_code(&output, 0);
    let events = events(&output.stdout);
    assert_eq!(
        names(&events),
        ["opened", "stream", "lost", "reconnected", "ended"]
    );
    for event in &events {
        assert_eq!(event["key"], place.key.as_str(), "{event}");
        assert!(
            event["time_ms"].as_u64() > Some(1_600_000_000_000),
            "{event}"
        );
    }
    let stream = &events[1];
    assert_eq!(
        (&stream["width"], &stream["height"]),
        (&64.into(), &48.into())
    );
    assert_eq!(
        (&stream["frames"]["format"], &stream["fps"]),
        (&"yuv420p".into(), &"25/1".into())
    );
    // How a connection without a length ends is not always the same.
    let reason = events[2]["reason"].as_str().expect("a reason");
    assert!(
        !reason.is_empty() && !reason.contains(camera::SECRET),
        "{reason}"
    );
    assert_eq!(events[2]["retry_ms"], 500);
    assert_eq!(events[3]["reopened"], 1);
    assert_eq!(events[4]["published"], 20);
}

#[test]
fn a_stream_that_lasts_is_told_now_and_then() {
    let place = Place::new();
    let input = "lavfi:testsrc2=size=64x48:rate=20";
    let mut publisher = place.start(&format!("publish --key KEY --json --realtime {input}"));
    let mut event = Value::Null;
    while event["event"] != "stats" {
        event = crate::support::parse(publisher.read_line().as_bytes());
    }
    let frames = event["frames"].as_u64().expect("a number");
    assert_eq!(event["published"], frames);
    assert_eq!(
        (&event["subscribers"], &event["dropped"]),
        (&0.into(), &0.into())
    );
    assert!(frames > 0 && event["fps"].as_f64() > Some(0.0), "{event}");
}

#[test]
fn on_a_terminal_each_input_has_its_line() {
    let place = Place::new();
    let film = film(
        &place,
        "a.mp4",
        "size=64x48:rate=25:duration=1",
        "-c:v libx264",
    );
    let config = place.dir.path().join("cameras.toml");
    let tables = ["a", "b"].map(|name| {
        let (key, film) = (&place.key, film.display());
        format!("[[camera]]\nkey = '{key}-{name}'\ninput = '{film}'\nrealtime = true\n")
    });
    std::fs::write(&config, tables.concat()).expect("a file");
    let line = format!(
        "{} publish --config {}",
        program().display(),
        config.display()
    );
    // A terminal of its own, of 80 columns.
    let child = Command::new("script")
        .args(["-qefc", &format!("stty cols 80; exec {line}"), "/dev/null"])
        .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("script starts");
    let output = Running::of(child).output();
    assert_code(&output, 0);
    let shown = text(&output.stdout);
    for name in ["a", "b"] {
        let key = format!("{}-{name}", place.key);
        let status = format!("{key}: ");
        let lines: Vec<_> = shown
            .lines()
            .filter(|line| line.contains(&status))
            .collect();
        assert!(
            lines
                .iter()
                .any(|line| line.contains("frames, 0 dropped, 0 subscribers")),
            "{shown:?}"
        );
        assert!(
            lines
                .iter()
                .any(|line| line.contains("25 published, 0 dropped")),
            "{shown:?}"
        );
    }
    // Two lines are rewritten by going up one.
    assert!(shown.contains("\r\u{1b}[A\u{1b}[J"), "{shown:?}");
}
