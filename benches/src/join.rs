//! From "connect" to the first frame in hand.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::Duration;

use cuframes::{Format, FrameMeta, Publisher, Subscriber};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::now;
use bench_harness::peer::{self, Peer, word};

const KEY: &str = "bench-join";
const JOINS: usize = 500;
const FLOOR: &str = "floor: connect to a sleeping process, one byte there, one back";

pub fn measure(book: &mut Book) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("floor");
    let mut publisher = Peer::start("joined", &[path.to_string_lossy().into_owned()])?;
    publisher.hear()?;
    let mut plain = Samples::new()?;
    let mut join = Samples::new()?;
    for _ in 0..JOINS {
        let start = now();
        exchange(&path)?;
        plain.record(now() - start);

        let start = now();
        let mut subscriber = Subscriber::builder(KEY).connect()?;
        let frame = subscriber.next(Some(Duration::from_secs(10)))?;
        join.record(now() - start);
        drop(frame);
        drop(subscriber);
        // The publisher sees the end of the last one before the next one comes.
        std::thread::sleep(Duration::from_millis(1));
    }
    publisher.let_go()?;
    book.add(FLOOR, None, Target::None, &plain);
    let target = Target::AtMost(200_000.0);
    book.add(
        "join to first frame, host memory",
        Some(FLOOR),
        target,
        &join,
    );
    Ok(())
}

/// One connection, a byte there, one back.
pub fn exchange(path: &PathBuf) -> Result<()> {
    let mut stream = UnixStream::connect(path)?;
    stream.write_all(&[1])?;
    stream.read_exact(&mut [0])?;
    Ok(())
}

/// In the other process: a publisher with one frame, and a socket that answers a byte.
pub fn be_joined(words: &[String]) -> Result<()> {
    answer(word::<PathBuf>(words, 0)?)?;
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

/// In the other process: lets a thread answer every byte that comes to `path`.
pub fn answer(path: PathBuf) -> Result<()> {
    let listener = UnixListener::bind(path)?;
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
