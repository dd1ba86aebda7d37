//! The publisher's stream stands still for 200 ms, as behind a long kernel, and neither host
//! waits for it: frames are published, found, waited for on a stream and given back meanwhile.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{now, spin_until};
use bench_harness::peer::{self, Peer};

use super::calls::{join, leave, publish, read};
use super::rig::Gate;
use super::{Pair, Rig};

const ROUNDS: u64 = 4;
/// No more than a reader may hold, as its stream gives none of them back.
const FRAMES: u64 = 2;
const HELD_UP_NS: u64 = 200_000_000;
/// A host that waited for the stream would take two hundred times as long.
const LIMIT_NS: f64 = 1e6;

pub fn measure(pair: Pair, _: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    let mut publisher = pair.publisher(rig).build()?;
    let mut gate = Gate::new(&rig.context)?;
    let mut reader = Peer::start("gpu-held-up", &[])?;
    publisher.wait_subscribers(1, Some(Duration::from_secs(30)))?;
    let mut published = Samples::new()?;
    let mut read = Samples::new()?;
    let mut done = Samples::new()?;
    // What is only made once is made for these.
    for _ in 0..FRAMES {
        publish(&mut publisher, rig, false)?;
    }
    reader.hear_numbers()?;
    for _ in 0..ROUNDS {
        gate.close(&[rig.stream.as_ref()])?;
        let start = now();
        for _ in 0..FRAMES {
            published.record(publish(&mut publisher, rig, false)?);
        }
        let early = match pair.is_early() {
            true => reader.hear_numbers()?,
            false => Vec::new(),
        };
        spin_until(start + HELD_UP_NS);
        gate.open()?;
        rig.synchronize()?;
        done.record(now() - start);
        match pair.is_early() {
            true => early.iter().for_each(|&time| read.record(time)),
            // They are only seen when they are complete: nobody waits for anything then.
            false => drop(reader.hear_numbers()?),
        }
    }
    reader.let_go()?;
    publisher.finish()?;
    let name = pair.name();
    let limit = Target::Never(LIMIT_NS);
    let what = format!("acquire_on() and publish_on(), stream held up for 200 ms, {name}");
    book.add(what, Some(pair.floor()), limit, &published);
    if pair.is_early() {
        let what = format!("next(), wait_on() and release_on(), stream held up for 200 ms, {name}");
        book.add(what, Some(pair.floor()), limit, &read);
    }
    let what = format!("the stream itself, held up for 200 ms, {name}");
    book.add(what, None, Target::None, &done);
    Ok(())
}

/// In the other process: the reader.
pub fn be_reader() -> Result<()> {
    let rig = Rig::new()?;
    let mut subscriber = join(&rig)?;
    for _ in 0..=ROUNDS {
        let times = (0..FRAMES).map(|_| Ok(read(&mut subscriber, &rig)?.0));
        let times: Vec<u64> = times.collect::<Result<_>>()?;
        peer::say_numbers(&times)?;
    }
    leave(subscriber, &rig)?;
    peer::until_let_go()
}
