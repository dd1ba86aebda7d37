//! Frames of keys, lent to consumers of both kinds.

mod descriptors;
mod gpu;
mod hostile;
mod late;
mod small;
mod told;
mod trouble;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cuframes::{Format, FrameLayout};
use frame_lending::consumer::{Consumer, ConsumerOptions};
use frame_lending::gateway::{Listener, ListenerOptions};
use frame_lending::message::{Bbox, Detection};
use md5::{Digest, Md5};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::{Place, Running, assert_signal, noise, parse, until};

/// More than anything here takes.
const LONG: Option<Duration> = Some(Duration::from_secs(10));
const FRAMES: u64 = 20;

pub fn socket(place: &Place, name: &str) -> PathBuf {
    place.dir.path().join(name)
}

/// Whether somebody listens there, which is not as soon as the file is there.
fn listens(path: &Path) -> bool {
    let table = fs::read_to_string("/proc/net/unix").expect("it is there");
    let path = path.display().to_string();
    let is_listening = |line: &str| line.ends_with(&path) && line.contains(" 00010000 ");
    table.lines().any(is_listening)
}

/// An engine that reports each second.
pub fn lend(place: &Place, line: &str) -> Running {
    lend_with(place, line, &[])
}

/// The same, in an environment.
fn lend_with(place: &Place, line: &str, environment: &[(&str, String)]) -> Running {
    let (engine, gateway) = (socket(place, "engine.sock"), socket(place, "gateway.sock"));
    let mut command = place.command(&format!(
        "lend KEY --socket {} --gateway {} --stats --json {line}",
        engine.display(),
        gateway.display()
    ));
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    let running = Running::of(command.spawn().expect("the program starts"));
    until("listen", || listens(&engine));
    running
}

/// Reports until one is as it should be; each is balanced.
fn report(engine: &mut Running, is_so: impl Fn(&Value) -> bool) -> Value {
    loop {
        let report = parse(engine.read_line().as_bytes());
        let count = |name: &str| report[name].as_u64().expect("a count");
        let ended = count("returned") + count("errors") + count("timed_out");
        let there = count("abandoned") + count("in_flight");
        assert_eq!(count("sent"), ended + there, "{report}");
        if is_so(&report) {
            return report;
        }
    }
}

/// A publisher whose frames this test writes.
struct Camera {
    stdin: ChildStdin,
    _publisher: Running,
}

impl Camera {
    fn start(place: &Place, format: Format, width: u32, height: u32) -> Camera {
        Camera::start_with(place, format, width, height, "", &[])
    }

    /// With more options, and in an environment.
    fn start_with(
        place: &Place,
        format: Format,
        width: u32,
        height: u32,
        options: &str,
        environment: &[(&str, &str)],
    ) -> Camera {
        let line = format!(
            "publish --key KEY --size {width}x{height} --fps 1000 --format {format} --slots 8 --lease-timeout 60 -q {options} -"
        );
        let mut command = place.command(&line);
        command.envs(environment.iter().copied());
        let mut child: Child = command.stdin(Stdio::piped()).spawn().expect("it starts");
        let stdin = child.stdin.take().expect("a pipe");
        until("publish", || place.run("info KEY").status.success());
        Camera {
            stdin,
            _publisher: Running::of(child),
        }
    }

    fn write(&mut self, picture: &[u8]) {
        self.stdin.write_all(picture).expect("it reads");
    }
}

/// A consumer that ends after so many frames.
fn plain(path: &Path, size: usize, frames: u64) -> Running {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/lend/plain.py");
    let plain = Command::new("python3")
        .arg(script)
        .arg(path)
        .args([size.to_string(), frames.to_string()])
        .stdout(Stdio::piped())
        .spawn();
    Running::of(plain.expect("python3 is there"))
}

fn subscribers(place: &Place) -> usize {
    let output = place.run("info KEY --json");
    let info = parse(&output.stdout);
    info["subscribers"].as_array().map_or(0, Vec::len)
}

fn md5(picture: &[u8]) -> String {
    let sum = Md5::digest(picture);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn square() -> Detection {
    Detection {
        class_id: 3,
        class_name: "square".to_owned(),
        confidence: 0.5,
        bbox: Bbox {
            x: 1.0,
            y: 2.0,
            width: 3.0,
            height: 4.0,
        },
        more: serde_json::Map::new(),
    }
}

/// A plain consumer and a full one side by side: each frame's bytes are the key's.
fn side_by_side(format: Format, width: u32, height: u32) {
    let place = Place::new();
    let layout = FrameLayout::new(format, width, height).expect("a size");
    let size = layout.packed_size() as usize;
    let mut camera = Camera::start(&place, format, width, height);
    let mut engine = lend(&place, "--timeout-ms 60000");
    let path = socket(&place, "engine.sock");
    let mut plain = plain(&path, size, FRAMES);
    let mut full = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    let gateway = ListenerOptions::at(socket(&place, "gateway.sock"));
    let mut ear = Listener::connect(&gateway).expect("it listens");
    report(&mut engine, |report| {
        let consumers = report["consumers"].as_array().expect("a list");
        consumers.len() == 2 && consumers.iter().any(|row| row["v"] == 1)
    });
    until("subscribe", || subscribers(&place) == 2);
    let mut bytes = Vec::new();
    for number in 1..=FRAMES {
        let picture = noise(size, number);
        camera.write(&picture);
        let told = parse(plain.read_line().as_bytes());
        let keys = "direction stream_id sequence width height format timestamp";
        assert_eq!(
            told["keys"],
            serde_json::json!(keys.split(' ').collect::<Vec<_>>())
        );
        assert_eq!(told["frame"]["stream_id"], place.key);
        assert_eq!(told["frame"]["sequence"], number);
        assert_eq!(told["md5"], md5(&picture), "frame {number}");
        let frame = full.receive(LONG).expect("it is there").expect("a frame");
        let send = frame.send().clone();
        assert_eq!(send.sequence as u64, number);
        let extras = send.extras.expect("it said hello");
        assert_eq!(extras.fourcc, format.fourcc());
        frame.copy(&mut bytes).expect("it is mapped");
        assert!(bytes == picture, "frame {number}");
        assert_eq!(
            told["frame"]["timestamp"], send.timestamp,
            "the same for both"
        );
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        let age = wall.expect("after 1970").as_nanos() as i64 - send.timestamp;
        assert!((0..60_000_000_000).contains(&age), "{age}");
        let returned = frame.return_success("m", Duration::from_millis(1), vec![square()]);
        returned.expect("it is read");
        for _ in 0..2 {
            let found = ear.next(LONG).expect("it is there").expect("a message");
            assert_eq!(found.sequence as u64, number);
            assert_eq!(found.frame_timestamp, send.timestamp);
            let is_full = found.model_name == "m";
            assert_eq!(found.detections.len(), usize::from(is_full));
        }
    }
    drop(full);
    let last = report(&mut engine, |report| report["gone"] == 2);
    assert_eq!(last["sent"], 2 * FRAMES);
    assert_eq!(last["returned"], 2 * FRAMES);
    assert_eq!(last["copied"], FRAMES, "the plain consumer's");
    assert_eq!((&last["dropped"], &last["unknown"]), (&0.into(), &0.into()));
    engine.signal(Signal::TERM);
    let output = engine.output();
    assert_signal(output.status, Signal::TERM);
    assert!(!path.exists() && !socket(&place, "gateway.sock").exists());
}

#[test]
fn a_plain_and_a_full_consumer_get_the_bytes_of_nv12() {
    side_by_side(Format::Nv12, 638, 358);
}

#[test]
fn and_of_other_formats_with_odd_sizes() {
    side_by_side(Format::Rg24, 37, 11);
    side_by_side(Format::Yu12, 35, 13);
    side_by_side(Format::Yuyv, 33, 7);
    side_by_side(Format::P010, 31, 9);
}
