//! A consumer that says exactly what the test says.

use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use frame_lending::engine::{Engine, Report};
use frame_lending::memory::LentMap;
use frame_lending::message::{Hello, PlanePlace};
use frame_lending::socket::{Connection, Received, SendError};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::{Value, json};

/// More than anything here takes.
pub const LONG: Duration = Duration::from_secs(20);

pub struct Client {
    pub connection: Connection,
    packet: Vec<u8>,
}

/// A message, and what came with it.
pub struct Message {
    pub json: Value,
    pub fds: Vec<OwnedFd>,
}

impl Client {
    pub fn new(path: &Path) -> Client {
        Client {
            connection: Connection::connect(path).expect("an engine listens"),
            packet: vec![0; 1 << 16],
        }
    }

    pub fn hello(&self, v: u32) {
        let name = Some("tester".to_owned());
        self.say(&Hello { v, name }.to_json());
    }

    pub fn say(&self, bytes: &[u8]) {
        self.connection.send(bytes, &[]).expect("it is read");
    }

    /// As soon as the engine has read enough of what was said before.
    pub fn say_when_heard(&self, bytes: &[u8]) {
        loop {
            match self.connection.send(bytes, &[]) {
                Ok(()) => return,
                Err(SendError::Full) => {
                    let mut fds = [PollFd::new(&self.connection, PollFlags::OUT)];
                    poll(&mut fds, None).expect("it is polled");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub fn give_back(&self, stream: &str, sequence: i64) {
        let bytes = serde_json::to_vec(&returned(stream, sequence, "success"));
        self.say(&bytes.expect("JSON"));
    }

    /// The next message; `None` if there is none for `limit`.
    pub fn within(&mut self, limit: Duration) -> Option<Message> {
        let mut fds = [PollFd::new(&self.connection, PollFlags::IN)];
        let limit = Timespec::try_from(limit).expect("a time");
        if poll(&mut fds, Some(&limit)).expect("it is polled") == 0 {
            return None;
        }
        match self.connection.receive(&mut self.packet).expect("it reads") {
            Received::Packet(packet) => Some(Message {
                json: serde_json::from_slice(&self.packet[..packet.len]).expect("JSON"),
                fds: packet.fds,
            }),
            other => panic!("{other:?}"),
        }
    }

    pub fn next(&mut self) -> Message {
        self.within(LONG).expect("a message in time")
    }

    pub fn is_closed(&mut self) -> bool {
        let mut fds = [PollFd::new(&self.connection, PollFlags::IN)];
        let limit = Timespec::try_from(LONG).expect("a time");
        poll(&mut fds, Some(&limit)).expect("it is polled");
        let got = self.connection.receive(&mut self.packet).expect("it reads");
        matches!(got, Received::Closed)
    }
}

impl Message {
    pub fn sequence(&self) -> i64 {
        self.json["sequence"].as_i64().expect("a sequence")
    }

    pub fn keys(&self) -> Vec<&str> {
        let object = self.json.as_object().expect("an object");
        object.keys().map(String::as_str).collect()
    }

    pub fn planes(&self) -> Vec<PlanePlace> {
        serde_json::from_value(self.json["planes"].clone()).expect("planes")
    }

    /// The first bytes of what came with it.
    pub fn bytes(&self, len: usize) -> Vec<u8> {
        assert_eq!(self.fds.len(), 1);
        let fd = self.fds[0].as_fd().try_clone_to_owned();
        read(&LentMap::new(fd.expect("a copy")).expect("it maps"), 0, len)
    }
}

pub fn read(map: &LentMap, offset: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    map.copy(offset, &mut bytes).expect("all inside");
    bytes
}

pub fn returned(stream: &str, sequence: i64, status: &str) -> Value {
    json!({
        "direction": "return", "stream_id": stream, "sequence": sequence, "inference_time": 5,
        "status": status, "model_name": "m", "timestamp": 1_737_072_000_000_000_123_i64,
    })
}

/// Waits until the report is as it should be; the account is balanced at every look.
pub fn until(engine: &Engine, what: &str, is_so: impl Fn(&Report) -> bool) -> Report {
    let deadline = Instant::now() + LONG;
    loop {
        let report = engine.report();
        assert!(report.total.frames.is_balanced(), "{report:?}");
        if is_so(&report) {
            return report;
        }
        assert!(Instant::now() < deadline, "never {what}: {report:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}
