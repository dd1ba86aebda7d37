//! An engine that says what it is told, and memory as engines have it.

use std::fs;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerOptions, LentFrame};
use frame_lending::socket::{Connection, Listener, Received};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, memfd_create, open};
use rustix::io::{IoSlice, write};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Whoever is not done by then hangs.
pub const WATCHDOG: Duration = Duration::from_secs(20);

pub const TIMESTAMP: i64 = 1_737_072_000_000_012_345;

pub struct Engine {
    dir: TempDir,
    pub listener: Listener,
    pub connection: Option<Connection>,
}

impl Engine {
    pub fn new() -> Engine {
        let dir = tempfile::tempdir().expect("a directory");
        let listener = Listener::bind(&dir.path().join("stream.sock"), 0o600).expect("bound");
        Engine {
            dir,
            listener,
            connection: None,
        }
    }

    pub fn options(&self, hello: bool) -> ConsumerOptions {
        let mut options = ConsumerOptions::at(self.path());
        options.hello = hello;
        options
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("stream.sock")
    }

    /// A consumer, whose hello has been heard.
    pub fn consumer(&mut self, hello: bool) -> Consumer {
        let consumer = Consumer::connect(&self.options(hello)).expect("connected");
        self.accept();
        if hello {
            assert_eq!(self.hear(), json!({"direction": "hello", "v": 1}));
        }
        consumer
    }

    pub fn accept(&mut self) {
        self.connection = self.listener.accept().expect("accepted");
        assert!(self.connection.is_some(), "it has connected");
    }

    pub fn say(&self, bytes: &[u8], fds: &[OwnedFd]) {
        let connection = self.connection.as_ref().expect("a consumer");
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        connection.send(bytes, &fds).expect("sent");
    }

    /// Sends more descriptors than a peer takes.
    pub fn say_beyond(&self, bytes: &[u8], fds: &[OwnedFd]) {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(16))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let fds: Vec<_> = fds.iter().map(AsFd::as_fd).collect();
        assert!(control.push(SendAncillaryMessage::ScmRights(&fds)));
        let connection = self.connection.as_ref().expect("a consumer");
        let parts = [IoSlice::new(bytes)];
        let sent = sendmsg(connection, &parts, &mut control, SendFlags::empty());
        assert_eq!(sent, Ok(bytes.len()));
    }

    pub fn lend(&self, message: &Value, fds: &[OwnedFd]) {
        self.say(message.to_string().as_bytes(), fds);
    }

    /// The consumer's next message.
    pub fn hear(&self) -> Value {
        let connection = self.connection.as_ref().expect("a consumer");
        let mut fd = [PollFd::new(connection, PollFlags::IN)];
        let limit = Timespec::try_from(WATCHDOG).expect("a time");
        assert_eq!(poll(&mut fd, Some(&limit)), Ok(1), "it says something");
        let mut buffer = vec![0; 1 << 20];
        match connection.receive(&mut buffer).expect("received") {
            Received::Packet(packet) => {
                assert!(packet.fds.is_empty() && !packet.is_cut && !packet.lost_fds);
                serde_json::from_slice(&buffer[..packet.len]).expect("JSON")
            }
            other => panic!("{other:?}"),
        }
    }

    /// Whether the consumer has said nothing more.
    pub fn hears_nothing(&self) -> bool {
        let connection = self.connection.as_ref().expect("a consumer");
        let received = connection.receive(&mut [0; 16]).expect("received");
        matches!(received, Received::Nothing)
    }

    /// What it is told of the frame that it sent last, which the consumer does not take.
    pub fn hear_refusal(&self, consumer: &mut Consumer, code: &str) -> Value {
        let before = consumer.refused();
        let frame = consumer.receive(Some(Duration::ZERO)).expect("goes on");
        assert!(frame.is_none(), "{frame:?}");
        assert_eq!(consumer.refused(), before + 1);
        assert_eq!(consumer.last_refusal().map(|why| why.code()), Some(code));
        let heard = self.hear();
        assert_eq!(heard["status"], "error");
        assert_eq!(heard["error"]["code"], code, "{heard}");
        heard
    }
}

/// A frame that has come.
pub fn frame(consumer: &mut Consumer) -> LentFrame {
    let frame = consumer.receive(Some(Duration::ZERO)).expect("received");
    let why = consumer.last_refusal();
    frame.unwrap_or_else(|| panic!("no frame: {why:?}"))
}

/// Bytes that repeat nowhere near.
pub fn noise(size: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..size).map(|_| next()).collect()
}

/// Sealed memory, through a descriptor for reading.
pub fn memfd(bytes: &[u8]) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let whole = memfd_create("frame-lending-test", flags).expect("a memfd");
    assert_eq!(write(&whole, bytes), Ok(bytes.len()));
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
    fcntl_add_seals(&whole, seals).expect("sealed");
    let path = format!("/proc/self/fd/{}", whole.as_raw_fd());
    open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).expect("opened again")
}

/// A plain frame of 4x2 pixels.
pub fn plain(sequence: i64) -> Value {
    json!({
        "direction": "send", "stream_id": "cam1", "sequence": sequence, "width": 4, "height": 2,
        "format": "NV12", "timestamp": TIMESTAMP
    })
}

/// A frame of 4x2 pixels in buffer 3, with padding behind its rows.
pub fn placed(sequence: i64, offset: u64) -> Value {
    let mut message = plain(sequence);
    let more = json!({
        "v": 1,
        "planes": [
            {"offset": offset, "stride": 16, "size": 20},
            {"offset": offset + 64, "stride": 16, "size": 4}
        ],
        "size": 68, "fourcc": 0x3231_564E, "modifier": 0, "buffer_id": 3, "pts_ns": -5,
        "clock": "realtime", "deadline_ns": i64::MAX
    });
    let members = message.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    message
}

/// Descriptors and maps of this process that are memory of frames. Other tests run beside, so only
/// what is named so is counted, by a name of the caller's own.
pub fn open_named(name: &str) -> usize {
    let links = fs::read_dir("/proc/self/fd").expect("own descriptors");
    let links = links
        .flatten()
        .filter_map(|fd| fs::read_link(fd.path()).ok());
    let fds = links
        .filter(|link| link.to_string_lossy().contains(name))
        .count();
    let maps = fs::read_to_string("/proc/self/maps").expect("own maps");
    fds + maps.lines().filter(|line| line.contains(name)).count()
}
