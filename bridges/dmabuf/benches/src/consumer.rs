//! In the other process: a consumer that returns each frame at once.

use std::path::Path;
use std::time::{Duration, Instant};

use bench_harness::Result;
use bench_harness::machine::{self, Side};
use bench_harness::peer::{self, ANY_PROCESSOR, Peer, word};
use frame_lending::engine::Engine;
use frame_lending::message::{Hello, MAX_PACKET, Return, Status, VERSION, parse_send};
use frame_lending::socket::{Connection, Received, SendError};
use rustix::event::{PollFd, PollFlags, poll};

/// What a consumer knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The plain messages.
    Plain,
    /// The extensions: it has the memory of the publisher.
    InPlace,
}

/// Where a consumer runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the processor of the other side.
    Pinned,
    /// Where the scheduler sends it.
    Anywhere,
}

/// Starts consumers of an engine, and waits until it knows each of them.
pub fn start(engine: &Engine, kind: Kind, count: usize, place: Place) -> Result<Vec<Peer>> {
    let version = match kind {
        Kind::Plain => 0,
        Kind::InPlace => VERSION,
    };
    let processor = match place {
        Place::Pinned => peer::processor(Side::Other),
        Place::Anywhere => ANY_PROCESSOR.to_owned(),
    };
    let words = [
        engine.socket().display().to_string(),
        version.to_string(),
        processor,
    ];
    let mut peers = Vec::new();
    for _ in 0..count {
        peers.push(Peer::start_ready("consumer", &words)?);
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let knows_all = || {
        let rows = engine.report().consumers;
        rows.len() == count && rows.iter().all(|row| row.version == version)
    };
    while !knows_all() {
        if Instant::now() > deadline {
            return Err("the engine does not know its consumers".into());
        }
        std::thread::yield_now();
    }
    Ok(peers)
}

pub fn be_consumer(words: &[String]) -> Result<()> {
    let path: String = word(words, 0)?;
    let v: u32 = word(words, 1)?;
    let _pinned = peer::pin(words, 2)?;
    let connection = Connection::connect(Path::new(&path))?;
    if v > 0 {
        let name = None;
        connection.send(&Hello { v, name }.to_json(), &[])?;
    }
    peer::say("ready")?;
    let mut packet = vec![0; MAX_PACKET];
    loop {
        poll(&mut [PollFd::new(&connection, PollFlags::IN)], None)?;
        let received = match connection.receive(&mut packet)? {
            Received::Packet(packet) => packet,
            Received::Nothing => continue,
            Received::Closed => return Ok(()),
        };
        let came = machine::now();
        let send = parse_send(&packet[..received.len])?;
        let back = Return {
            stream_id: send.stream_id,
            sequence: send.sequence,
            width: Some(send.width),
            height: Some(send.height),
            inference_time: 0,
            status: Status::Success,
            model_name: "none".to_owned(),
            timestamp: came.cast_signed(),
            detections: None,
            frame_timestamp: None,
            error: None,
        };
        match connection.send(&back.to_json(), &[]) {
            // The engine ended in the meantime.
            Err(SendError::Gone) => return Ok(()),
            sent => sent?,
        }
    }
}
