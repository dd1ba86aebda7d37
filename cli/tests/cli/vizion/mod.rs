//! `cuframes bridge vizion`: frames from a key into shared memory and out of it into a key, with
//! real processes on all sides.

mod options;
mod round_trip;
mod trouble;

use std::io::Write;
use std::path::PathBuf;
use std::process::{ChildStdin, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use vizion::{FrameHeader, FrameReader};

use crate::support::{Place, Running, assert_code, parse, text};

/// Whoever does nothing for so long hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// What publishes for one reader that may miss nothing.
const TO_ONE: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1";

/// A place with names of shared memory, of which nothing is left behind.
struct Stage {
    place: Place,
    /// The shared memory.
    name: String,
}

impl Stage {
    fn new() -> Stage {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Stage {
            place: Place::new(),
            name: format!("/vz-cli-{}-{number}", std::process::id()),
        }
    }

    /// The program; KEY and KEY2 stand for keys, SHM and SHM2 for shared memory.
    fn start(&self, line: &str) -> Running {
        self.place.start(&self.line(line))
    }

    fn line(&self, line: &str) -> String {
        // Keys that begin with the place's own are tidied up with it.
        let second = format!("{}-2", self.place.key);
        line.replace("KEY2", &second).replace("SHM", &self.name)
    }

    fn paths(&self) -> [PathBuf; 2] {
        ["", "2"].map(|second| PathBuf::from(format!("/dev/shm{}{second}", self.name)))
    }

    /// Raw frames under the key, one at a time.
    fn publish(&self, what: &str) -> Feed {
        let line = format!("publish --key KEY --fps 25 --realtime=false {what} -q -");
        let mut command = self.place.command(&self.line(&line));
        let mut child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let input = child.stdin.take().expect("a pipe");
        Feed {
            input,
            publisher: Running::of(child),
        }
    }

    /// What reads the shared memory, when it is there.
    fn reader(&self, second: &str) -> FrameReader {
        let name = format!("{}{second}", self.name);
        let opened = FrameReader::await_open(&name, PATIENCE).expect("can be opened");
        opened.expect("is there in time")
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        for path in self.paths() {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// A publisher that is fed.
struct Feed {
    input: ChildStdin,
    publisher: Running,
}

impl Feed {
    fn give(&mut self, frame: &[u8]) {
        self.input.write_all(frame).expect("it reads");
    }

    /// Ends the stream.
    fn end(self) {
        drop(self.input);
        assert_code(&self.publisher.output(), 0);
    }
}

/// The next frame.
fn read(reader: &mut FrameReader) -> (FrameHeader, Vec<u8>) {
    let mut bytes = Vec::new();
    let header = reader.read(&mut bytes, PATIENCE).expect("reads");
    (header.expect("a frame in time"), bytes)
}

/// Waits for the event of this name, and returns it.
fn event(program: &mut Running, name: &str) -> Value {
    let pid = i32::try_from(program.pid()).ok().and_then(Pid::from_raw);
    let (came, watchdog) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        if watchdog.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            // The test then reads the end of its output.
            let _ = kill_process(pid.expect("a process"), Signal::KILL);
        }
    });
    let found = loop {
        let event = parse(program.read_line().as_bytes());
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

/// All frames were carried, and nothing else happened to any.
fn assert_all(ended: &Value, frames: u64) {
    let none = [
        "missed",
        "dropped_full",
        "dropped_size",
        "dropped_broken",
        "torn",
        "replaced",
    ];
    assert_eq!(ended["frames"], frames, "{ended}");
    for name in none {
        assert_eq!(ended[name], 0, "{name}: {ended}");
    }
}
