//! A gateway in a directory of its own, messages, and processes that listen.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use frame_lending::gateway::{Gateway, GatewayOptions, Listener, ListenerOptions};
use frame_lending::message::{Bbox, Detection, DetectionMessage, Status, VERSION};
use tempfile::TempDir;

/// Whoever is not done by then hangs.
pub const WATCHDOG: Duration = Duration::from_secs(20);

/// Tells a process what it is, and where.
const ROLE: &str = "FRAME_LENDING_TEST_ROLE";
const PLACE: &str = "FRAME_LENDING_TEST_PLACE";

pub struct Place {
    pub dir: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place {
            dir: tempfile::tempdir().expect("a directory"),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("gateway.sock")
    }

    pub fn options(&self) -> GatewayOptions {
        GatewayOptions::at(self.path())
    }

    pub fn gateway(&self) -> Gateway {
        Gateway::listen(self.options()).expect("a gateway")
    }

    pub fn listener(&self) -> Listener {
        Listener::connect(&ListenerOptions::at(self.path())).expect("it is there")
    }

    /// Starts this program again, in another role.
    pub fn start(&self, role: &str) -> Peer {
        let mut child = Command::new(std::env::current_exe().expect("own path"))
            .args(["support::plays_its_role", "--exact", "--nocapture"])
            .env(ROLE, role)
            .env(PLACE, self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut peer = Peer {
            child,
            stdin: Some(stdin),
            stdout,
        };
        assert_eq!(peer.hear(), "ready");
        peer
    }
}

/// Another process, which ends with the test.
pub struct Peer {
    pub child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Peer {
    /// Its next line, without what the test's harness says.
    pub fn hear(&mut self) -> String {
        loop {
            let mut line = String::new();
            let read = self.stdout.read_line(&mut line).expect("a line");
            assert_ne!(read, 0, "it ended");
            if let Some((_, said)) = line.trim_end().split_once("> ") {
                return said.to_owned();
            }
        }
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("it is there");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn plays_its_role() {
    let Some(role) = std::env::var_os(ROLE) else {
        return;
    };
    let path = PathBuf::from(std::env::var_os(PLACE).expect("a place"));
    match role.to_str() {
        Some("listener") => listen(&path),
        Some("gateway") => {
            let gateway = Gateway::listen(GatewayOptions::at(path)).expect("a gateway");
            say("ready");
            let _ = std::io::stdin().read_line(&mut String::new());
            drop(gateway);
        }
        other => panic!("there is no role {other:?}"),
    }
}

fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "> {line}").expect("somebody reads it");
    stdout.flush().expect("somebody reads it");
}

/// Listens until a message that says it is the last; tells how many came, and how many it missed.
fn listen(path: &std::path::Path) {
    let mut listener = Listener::connect(&ListenerOptions::at(path)).expect("it is there");
    say("ready");
    let (mut received, mut lost, mut next) = (0, 0, 0);
    loop {
        let message = listener.next(Some(WATCHDOG)).expect("it is connected");
        let message = message.expect("there is another one");
        received += 1;
        lost += message.lost;
        let gap = message.sequence - next;
        assert_eq!(gap, i64::try_from(message.lost).expect("a gap"));
        next = message.sequence + 1;
        if message.model_name == "last" {
            break;
        }
    }
    say(&format!("{received} {lost}"));
}

pub fn message(sequence: i64, model: &str) -> DetectionMessage {
    let detection = Detection {
        class_id: 1,
        class_name: "green".to_owned(),
        confidence: 0.5,
        bbox: Bbox {
            x: 1.0,
            y: 2.0,
            width: 3.5,
            height: 4.0,
        },
        more: serde_json::Map::new(),
    };
    DetectionMessage {
        v: VERSION,
        stream_id: "cam1".to_owned(),
        sequence,
        width: 640,
        height: 480,
        frame_timestamp: 1_737_072_000_000_012_345,
        timestamp: 1_737_072_000_000_512_345,
        inference_time: 400_000,
        status: Status::Success,
        model_name: model.to_owned(),
        detections: vec![detection],
        error: None,
        consumer: "test".to_owned(),
        lost: 0,
    }
}

/// Looks again and again: the gateway's thread tells nobody what it has done.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(started.elapsed() < WATCHDOG, "does not {what}");
        std::thread::yield_now();
    }
}
