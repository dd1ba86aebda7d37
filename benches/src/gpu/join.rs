//! From "connect" to the first frame, complete, when the pool has to be imported from a GPU.

use std::path::PathBuf;
use std::time::Duration;

use crate::join::{answer, exchange};
use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::now;
use bench_harness::peer::{self, Peer, word};

use super::calls::{join, publish};
use super::{Pair, Rig, pair};

const JOINS: usize = 100;
const FLOOR: &str = "floor: connect, one byte there, one back, beside joins on a GPU";

pub fn measure(pair: Pair, index: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("floor");
    let words = [index.to_string(), path.to_string_lossy().into_owned()];
    let mut publisher = Peer::start("gpu-joined", &words)?;
    publisher.hear()?;
    let mut plain = Samples::new()?;
    let mut joined = Samples::new()?;
    for _ in 0..JOINS {
        let start = now();
        exchange(&path)?;
        plain.record(now() - start);

        let start = now();
        let mut subscriber = join(rig)?;
        let frame = subscriber.next(Some(Duration::from_secs(10)))?;
        frame.wait_host(Some(Duration::from_secs(10)))?;
        joined.record(now() - start);
        drop(frame);
        drop(subscriber);
        // The publisher sees the end of the last one before the next one comes.
        std::thread::sleep(Duration::from_millis(1));
    }
    publisher.let_go()?;
    book.add(FLOOR, None, Target::None, &plain);
    let what = format!("join to first frame, {}", pair.name());
    book.add(what, Some(FLOOR), Target::None, &joined);
    Ok(())
}

/// In the other process: a publisher with one frame, and a socket that answers a byte.
pub fn be_joined(words: &[String]) -> Result<()> {
    answer(word::<PathBuf>(words, 1)?)?;
    let rig = Rig::new()?;
    let mut publisher = pair(words)?.publisher(&rig).build()?;
    publish(&mut publisher, &rig, false)?;
    rig.synchronize()?;
    peer::say("ready")?;
    peer::until_let_go()
}
