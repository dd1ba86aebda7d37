//! What a frame costs the two hosts: taking a slot for a stream and publishing on it; finding
//! the frame, letting a stream wait for it, and giving it back on that stream.

use std::time::Duration;

use cuframes::{Error, Frame, FrameMeta, Mode, Policy, Publisher, Result as Cuframes, Subscriber};

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now, spin_until};
use bench_harness::peer::{self, Peer};

use super::{KEY, Pair, Rig};

const WARM_UP: u64 = 50;
const FRAMES: u64 = 1_000;
const PERIOD_NS: u64 = 500_000;

pub fn measure(pair: Pair, _: usize, book: &mut Book, rig: &Rig) -> Result<()> {
    let mut publisher = pair.publisher(rig).policy(Policy::StrictWait).build()?;
    let mut reader = Peer::start("gpu-reader", &[peer::processor(Side::Other)])?;
    publisher.wait_subscribers(1, Some(Duration::from_secs(30)))?;
    let pinned = machine::pin(machine::processor(Side::This))?;
    let mut calls = Samples::new()?;
    let start = now() + PERIOD_NS;
    for index in 0..WARM_UP + FRAMES {
        spin_until(start + index * PERIOD_NS);
        let is_last = index + 1 == WARM_UP + FRAMES;
        let time = publish(&mut publisher, rig, is_last)?;
        if index >= WARM_UP {
            calls.record(time);
        }
    }
    drop(pinned);
    let read = reader.hear_numbers()?;
    reader.let_go()?;
    rig.synchronize()?;
    publisher.finish()?;
    let (name, floor) = (pair.name(), Some(pair.floor()));
    let what = format!("acquire_on() and publish_on(), {name}");
    book.add(what, floor, Target::None, &calls);
    let what = format!("next(), wait_on() and release_on(), {name}");
    let read = read.get(WARM_UP as usize..).unwrap_or_default();
    book.add(what, floor, Target::None, &Samples::of(read)?);
    Ok(())
}

/// Publishes one frame on the stream, and returns what that took the host. It is not measured
/// how long all slots are taken.
pub fn publish(publisher: &mut Publisher, rig: &Rig, is_last: bool) -> Result<u64> {
    let stream = rig.stream.as_ref();
    let mut start = now();
    let frame = loop {
        match publisher.acquire_on(stream)? {
            Some(frame) => break frame,
            None => start = now(),
        }
    };
    let meta = FrameMeta {
        pts: Some(now() as i64),
        duration: i64::from(is_last),
        ..FrameMeta::default()
    };
    let published = publisher.publish_on(frame, &meta, stream)?;
    let time = now() - start;
    drop(published);
    Ok(time)
}

/// In the other process: the reader.
pub fn be_reader(words: &[String]) -> Result<()> {
    let rig = Rig::new()?;
    let mut subscriber = join(&rig)?;
    let _pinned = peer::pin(words, 0)?;
    let mut times = Vec::new();
    loop {
        let (time, is_last) = read(&mut subscriber, &rig)?;
        times.push(time);
        if is_last {
            break;
        }
    }
    peer::say_numbers(&times)?;
    leave(subscriber, &rig)?;
    peer::until_let_go()
}

/// Leaves when the stream has given everything back: what it still uses when a process ends is
/// left to the driver.
pub fn leave(subscriber: Subscriber, rig: &Rig) -> Result<()> {
    rig.synchronize()?;
    while subscriber.stats().leases != 0 {
        std::thread::yield_now();
    }
    drop(subscriber);
    Ok(())
}

/// Joins, to read every frame.
pub fn join(rig: &Rig) -> Cuframes<Subscriber> {
    Subscriber::builder(KEY)
        .mode(Mode::StrictOrder)
        .cuda_context(&rig.context)
        .connect()
}

/// Reads one frame on the stream: what that took the host, without its wait for the publisher,
/// and whether it was the last one.
pub fn read(subscriber: &mut Subscriber, rig: &Rig) -> Result<(u64, bool)> {
    let stream = rig.stream.as_ref();
    loop {
        let start = now();
        match subscriber.next(Some(Duration::ZERO)) {
            Ok(frame) => {
                let is_last = is_last(&frame);
                frame.wait_on(stream)?;
                frame.release_on(stream)?;
                return Ok((now() - start, is_last));
            }
            // Nothing is there, or a stream still has what this subscriber may hold.
            Err(Error::WouldBlock | Error::LeaseLimit { .. }) => std::thread::yield_now(),
            Err(error) => return Err(error.into()),
        }
    }
}

pub fn is_last(frame: &Frame) -> bool {
    frame.meta().duration != 0
}
