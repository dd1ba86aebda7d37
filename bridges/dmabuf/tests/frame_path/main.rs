//! The path of a frame that is lent in place, from its key to the consumer and back, and of what was
//! found in it to a gateway without listeners, takes no memory.

mod counting;
mod keys;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cuframes::{Format, FrameMeta, Publisher};
use frame_lending::engine::{Engine, EngineOptions, Observer};
use frame_lending::gateway::{Gateway, GatewayOptions};
use frame_lending::message::{DetectionMessage, Hello, Send, parse_send};
use frame_lending::socket::{Connection, Received};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use counting::allocations;
use keys::Keys;

const WARM_UP: u64 = 50;
const FRAMES: u64 = 200;
/// More than anything here takes.
const LONG: Duration = Duration::from_secs(20);

/// Passes what was found on to a gateway, and notes how much memory the consumer's thread of the
/// engine had asked for by then.
struct Counts {
    gateway: Gateway,
    allocations: AtomicU64,
    returns: AtomicU64,
}

impl Observer for Counts {
    fn returned(&self, message: &DetectionMessage, is_late: bool) {
        self.gateway.returned(message, is_late);
        self.allocations.store(allocations(), Ordering::Relaxed);
        self.returns.fetch_add(1, Ordering::Release);
    }
}

/// Two keys, an engine that lends them, and a consumer that said hello.
struct Stage {
    publishers: Vec<Publisher>,
    engine: Engine,
    counts: Arc<Counts>,
    connection: Connection,
    packet: Vec<u8>,
    /// Frames that went there and back.
    passed: u64,
    _dir: tempfile::TempDir,
}

fn publisher(key: &str) -> Publisher {
    let builder = Publisher::builder(key).format(Format::Nv12).size(37, 11);
    let builder = builder.slots(4).lease_timeout(Duration::from_secs(60));
    builder.build().expect("nobody else has the key")
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !is_so() {
        assert!(Instant::now() < deadline, "never {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

impl Stage {
    fn new(name: &str) -> Stage {
        let dir = tempfile::tempdir().expect("a directory");
        let key = |number| format!("frame-path-{name}-{number}-{}", std::process::id());
        let keys: Vec<_> = (0..2).map(key).collect();
        let publishers: Vec<_> = keys.iter().map(|key| publisher(key)).collect();
        let path = |name: &str| dir.path().join(name);
        let gateway = Gateway::listen(GatewayOptions::at(path("gateway.sock")));
        let counts = Arc::new(Counts {
            gateway: gateway.expect("it listens"),
            allocations: AtomicU64::new(0),
            returns: AtomicU64::new(0),
        });
        let mut options = EngineOptions::new(path("engine.sock"));
        options.timeout = LONG;
        options.observer = counts.clone();
        let engine = Engine::start(Box::new(Keys(keys)), options).expect("it starts");
        let connection = Connection::connect(engine.socket()).expect("it listens");
        let name = Some("counted".to_owned());
        let hello = Hello { v: 1, name }.to_json();
        connection.send(&hello, &[]).expect("it is read");
        // A hello is heard by a thread that has subscribed already.
        until("greeted", || {
            let report = engine.report();
            report.consumers.iter().any(|row| row.version == 1)
        });
        Stage {
            publishers,
            engine,
            counts,
            connection,
            packet: vec![0; 1 << 16],
            passed: 0,
            _dir: dir,
        }
    }

    /// Passes `frames` frames, of the keys in turn, one after the other, each returned with `said` in
    /// it. Returns how much memory the engine's thread asked for between the last return of those
    /// before and the last of these.
    fn pass(&mut self, frames: u64, said: &str) -> u64 {
        let before = self.counts.allocations.load(Ordering::Relaxed);
        for _ in 0..frames {
            let which = (self.passed % 2) as usize;
            let publisher = &mut self.publishers[which];
            let frame = publisher.acquire().expect("it is ours").expect("a slot");
            let published = publisher.publish(frame, &FrameMeta::default());
            let sequence = published.expect("it is ours").seq();
            let send = self.receive();
            assert_eq!(send.sequence, sequence as i64);
            assert!(send.extras.is_some(), "it said hello");
            let back = format!(
                "{{\"direction\":\"return\",\"stream_id\":\"{}\",\"sequence\":{sequence},\
                 \"inference_time\":5,\"model_name\":\"m\",\"timestamp\":7,{said}}}",
                send.stream_id,
            );
            self.connection
                .send(back.as_bytes(), &[])
                .expect("it is read");
            self.passed += 1;
            let returns = &self.counts.returns;
            until("returned", || {
                returns.load(Ordering::Acquire) == self.passed
            });
        }
        self.counts.allocations.load(Ordering::Relaxed) - before
    }

    fn receive(&mut self) -> Send {
        let mut fds = [PollFd::new(&self.connection, PollFlags::IN)];
        let limit = Timespec::try_from(LONG).expect("a time");
        assert_eq!(poll(&mut fds, Some(&limit)).expect("it is polled"), 1);
        match self.connection.receive(&mut self.packet).expect("it reads") {
            Received::Packet(packet) => parse_send(&self.packet[..packet.len]).expect("a frame"),
            other => panic!("{other:?}"),
        }
    }

    /// Every frame was lent in place and returned in time, and nobody heard what was found.
    fn end(self) {
        let heard = self.counts.gateway.counts();
        assert_eq!((heard.published, heard.sent), (self.passed, 0));
        let total = self.engine.stop().total;
        let counts = (total.frames.sent, total.frames.returned, total.copied);
        assert_eq!(counts, (self.passed, self.passed, 0));
    }
}

/// A return in which nothing was found.
const NOTHING: &str = r#""status":"success","detections":[]"#;

#[test]
fn two_hundred_frames_without_an_allocation() {
    let mut stage = Stage::new("free");
    stage.pass(WARM_UP, NOTHING);
    assert_eq!(stage.pass(FRAMES, NOTHING), 0);
    stage.end();
}

/// What a return may say besides is kept in memory that is got for it: a list of detections and the
/// class of each, the words of an error, a status of the consumer's own. That these are seen shows
/// that the allocator counts.
#[test]
fn what_was_found_takes_one_allocation_and_one_for_each_detection() {
    let one = r#"{"class_id":0,"class_name":"c","confidence":0.5,"bbox":{"x":1,"y":2,"width":3,"height":4}}"#;
    let mut stage = Stage::new("found");
    stage.pass(WARM_UP, NOTHING);
    for (said, each) in [
        (format!(r#""status":"success","detections":[{one}]"#), 2),
        (
            format!(r#""status":"success","detections":[{one},{one}]"#),
            3,
        ),
        (r#""status":"busy""#.to_owned(), 1),
        (NOTHING.to_owned(), 0),
    ] {
        // Its words may be longer than any before.
        stage.pass(2, &said);
        assert_eq!(stage.pass(FRAMES, &said), FRAMES * each, "{said}");
    }
    stage.end();
}
