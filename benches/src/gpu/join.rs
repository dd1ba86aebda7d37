//! From "connect" to the first frame, complete, when the pool has to be imported from a GPU.

use bench_harness::Result;
use bench_harness::book::{Book, Target};
use bench_harness::peer;

use crate::join::{PATIENCE, alternate, answer};

use super::calls::{join, publish};
use super::{Pair, Rig, pair};

const JOINS: usize = 100;
const FLOOR: &str = "floor: connect, one byte there, one back, beside joins on a GPU";

pub fn measure(pair: Pair, index: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    let joins = alternate("gpu-joined", &[index.to_string()], JOINS, || {
        let mut subscriber = join(rig)?;
        let frame = subscriber.next(Some(PATIENCE))?;
        frame.wait_host(Some(PATIENCE))?;
        Ok((frame, subscriber))
    })?;
    book.add(FLOOR, None, Target::None, &joins.plain);
    let what = format!("join to first frame, {}", pair.name());
    book.add(what, Some(FLOOR), Target::None, &joins.joined);
    Ok(())
}

/// In the other process: a publisher with one frame, and a socket that answers a byte.
pub fn be_joined(words: &[String]) -> Result<()> {
    answer(words)?;
    let rig = Rig::new()?;
    let mut publisher = pair(words, 1)?.publisher(&rig).build()?;
    publish(&mut publisher, &rig, false)?;
    rig.synchronize()?;
    peer::say("ready")?;
    peer::until_let_go()
}
