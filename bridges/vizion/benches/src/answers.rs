//! How long an answer takes while a stream runs.

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::peer::Peer;

use crate::daemon::{Daemon, Outputs};
use crate::floor;

const FLOOR: &str = "floor: a bare server: connect, ask, be answered, closed";
/// What the interface allows for: socat waits half a second, and this is what it leaves.
const LIMIT_NS: f64 = 400e6;

const QUESTIONS: [(&str, &str); 4] = [
    ("get_status", r#"{"command":"get_status"}"#),
    ("get_formats", r#"{"command":"get_formats"}"#),
    ("get_controls", r#"{"command":"get_controls"}"#),
    (
        "set_brightness",
        r#"{"command":"set_brightness","params":{"value":"50"}}"#,
    ),
];

pub fn measure(book: &mut Book, count: usize) -> Result<()> {
    let place = tempfile::tempdir()?;
    let socket = place.path().join("floor.sock");
    let words = [socket.display().to_string()];
    let answerer = Peer::start_ready("answerer", &words)?;
    let samples = sample(count, || floor::ask(&socket, QUESTIONS[0].1.as_bytes()))?;
    book.add(FLOOR, None, Target::None, &samples);
    drop(answerer);

    let daemon = Daemon::start(Outputs {
        shared_memory: true,
        key: true,
    })?;
    for (name, question) in QUESTIONS {
        let samples = sample(count, || floor::ask(&daemon.socket(), question.as_bytes()))?;
        let what = format!("{name}, while 1080p60 is streamed");
        book.add(what, Some(FLOOR), Target::Never(LIMIT_NS), &samples);
    }
    Ok(())
}

fn sample(count: usize, mut one: impl FnMut() -> Result<u64>) -> Result<Samples> {
    let mut samples = Samples::new()?;
    for _ in 0..count {
        samples.record(one()?);
    }
    Ok(samples)
}
