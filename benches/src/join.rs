//! From "connect" to the first frame in hand.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use cuframes::{Format, Frame, FrameMeta, Publisher, Subscriber};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::now;
use bench_harness::peer::{self, Peer, word};

const KEY: &str = "bench-join";
const JOINS: usize = 500;
/// Nobody waits so long for a frame unless something is broken.
pub const PATIENCE: Duration = Duration::from_secs(10);
const FLOOR: &str = "floor: connect to a sleeping process, one byte there, one back";

pub fn measure(book: &mut Book) -> Result<()> {
    let joins = alternate("joined", &[], JOINS, || {
        let mut subscriber = Subscriber::builder(KEY).connect()?;
        let frame = subscriber.next(Some(PATIENCE))?;
        Ok((frame, subscriber))
    })?;
    book.add(FLOOR, None, Target::None, &joins.plain);
    let what = "join to first frame, host memory";
    let target = Target::AtMost(200_000.0);
    book.add(what, Some(FLOOR), target, &joins.joined);
    Ok(())
}

/// Times of bare exchanges with a publisher's process, and of joins.
pub struct Joins {
    pub plain: Samples,
    pub joined: Samples,
}

/// Joins the publisher that plays `role` so often, each time after a bare exchange with the same
/// process. That is told where to `answer`, and then `words`.
pub fn alternate(
    role: &str,
    words: &[String],
    count: usize,
    join: impl Fn() -> Result<(Frame, Subscriber)>,
) -> Result<Joins> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("floor");
    let words = [&[path.to_string_lossy().into_owned()], words].concat();
    let publisher = Peer::start_ready(role, &words)?;
    let mut plain = Samples::new()?;
    let mut joined = Samples::new()?;
    for _ in 0..count {
        let start = now();
        exchange(&path)?;
        plain.record(now() - start);

        let start = now();
        let (frame, subscriber) = join()?;
        joined.record(now() - start);
        drop(frame);
        drop(subscriber);
        // The publisher sees the end of the last one before the next one comes.
        std::thread::sleep(Duration::from_millis(1));
    }
    publisher.let_go()?;
    Ok(Joins { plain, joined })
}

/// One connection, a byte there, one back.
fn exchange(path: &PathBuf) -> Result<()> {
    let mut stream = UnixStream::connect(path)?;
    stream.write_all(&[1])?;
    stream.read_exact(&mut [0])?;
    Ok(())
}

/// In the other process: a publisher with one frame, and a socket that answers a byte.
pub fn be_joined(words: &[String]) -> Result<()> {
    answer(words)?;
    let mut publisher = Publisher::builder(KEY)
        .format(Format::Nv12)
        .size(1920, 1080)
        .build()?;
    let frame = publisher.acquire()?.ok_or("no slot is free")?;
    let published = publisher.publish(frame, &FrameMeta::default())?;
    drop(published);
    peer::say("ready")?;
    peer::until_let_go()
}

/// In the other process: lets a thread answer every byte that comes to the place it was told.
pub fn answer(words: &[String]) -> Result<()> {
    let listener = UnixListener::bind(word::<PathBuf>(words, 0)?)?;
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // The other side is measured; here a failure would only be seen as one there.
            let _ = stream.and_then(|mut stream| {
                stream.read_exact(&mut [0])?;
                stream.write_all(&[1])
            });
        }
    });
    Ok(())
}
