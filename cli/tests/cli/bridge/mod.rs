//! `cuframes bridge zerobuffer`: frames from a key into a buffer and out of one into a key, with
//! real processes on all sides.

mod options;
mod peer;
mod round_trip;
mod trouble;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use zerobuffer_peer::{Tidy, unique};

use crate::support::{Place, Running, assert_code, parse, text};

/// What publishes for one reader that may miss nothing.
const TO_ONE: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1";

/// A place with a buffer, of which nothing is left behind.
struct Stage {
    place: Place,
    buffer: String,
    _tidy: Tidy,
}

impl Stage {
    fn new() -> Stage {
        let buffer = unique("bridge");
        Stage {
            place: Place::new(),
            _tidy: Tidy::new(&buffer),
            buffer,
        }
    }

    /// The program; KEY stands for the key, BUFFER for the buffer.
    fn start(&self, line: &str) -> Running {
        self.place.start(&self.line(line))
    }

    fn line(&self, line: &str) -> String {
        // Keys that begin with the place's own are tidied up with it.
        let second = format!("{}-2", self.place.key);
        line.replace("BUFFER", &self.buffer)
            .replace("KEY2", &second)
    }

    /// From the key into the buffer, without a loss.
    fn to_buffer(&self, options: &str) -> Running {
        let every = "--strict --wait --json";
        self.start(&format!(
            "bridge zerobuffer --from KEY --to BUFFER {every} {options}"
        ))
    }

    /// From the buffer to a second key, without a loss.
    fn to_key(&self, options: &str) -> Running {
        self.start(&format!(
            "bridge zerobuffer --from-buffer BUFFER --to KEY2 --json {TO_ONE} {options}"
        ))
    }

    /// What reads a key into a file, so that it waits for nobody; and that file.
    fn sub(&self, key: &str) -> (Running, PathBuf) {
        let file = self.place.dir.path().join("frames.raw");
        let options = "--strict --connect-timeout 9 -o";
        let line = format!("sub {key} {options} {}", file.display());
        (self.start(&line), file)
    }

    /// Raw frames under the key.
    fn publish(&self, what: &str, input: Vec<u8>) -> Running {
        let line = format!("publish --key KEY --fps 25 {what} {TO_ONE} -q -");
        self.place.start_with(&line, input)
    }
}

/// Whoever says nothing for so long hangs.
const WATCHDOG: Duration = Duration::from_secs(20);

/// Waits for the event of this name, and returns it.
fn event(bridge: &mut Running, name: &str) -> Value {
    let pid = i32::try_from(bridge.pid()).ok().and_then(Pid::from_raw);
    let (came, watchdog) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        if watchdog.recv_timeout(WATCHDOG) == Err(RecvTimeoutError::Timeout) {
            // The test then reads the end of its output.
            let _ = kill_process(pid.expect("a process"), Signal::KILL);
        }
    });
    let found = loop {
        let event = parse(bridge.read_line().as_bytes());
        if event["event"] == name {
            break event;
        }
    };
    drop(came);
    guard.join().expect("the watchdog ends");
    found
}

/// How a bridge ended that ended well: its last line.
fn summary(bridge: Running) -> Value {
    let output = bridge.output();
    assert_code(&output, 0);
    last(&text(&output.stdout))
}

fn last(lines: &str) -> Value {
    let ended = parse(lines.lines().last().unwrap_or_default().as_bytes());
    assert_eq!(ended["event"], "ended", "{ended}");
    ended
}

/// The counts that have to be there, all of them.
fn assert_counts(ended: &Value, counts: [(&str, u64); 5]) {
    let known = [
        "frames",
        "missed",
        "dropped_full",
        "dropped_alone",
        "dropped_size",
    ];
    assert_eq!(counts.map(|(name, _)| name), known);
    for (name, count) in counts {
        assert_eq!(ended[name], count, "{name}: {ended}");
    }
}

/// Counts of frames of which none was lost.
fn all(frames: u64) -> [(&'static str, u64); 5] {
    [
        ("frames", frames),
        ("missed", 0),
        ("dropped_full", 0),
        ("dropped_alone", 0),
        ("dropped_size", 0),
    ]
}

/// What a subscriber wrote that has read to the end of the stream.
fn frames(sub: Running, file: &Path) -> Vec<u8> {
    assert_code(&sub.output(), 0);
    std::fs::read(file).expect("the frames")
}
