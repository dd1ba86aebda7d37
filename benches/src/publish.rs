//! What a frame costs its publisher when nobody sleeps: taking a slot, and publishing it.

use cuframes::{Format, FrameMeta, Publisher};

use crate::crowd;
use crate::floor::CLOCK;
use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now, spin_until};

const KEY: &str = "bench-publish";
const FRAMES: u64 = 100_000;
const WARM_UP: u64 = 2_000;
/// Subscribers that are attached and do nothing.
const CROWDS: [usize; 4] = [0, 1, 8, 32];
const PACED_FRAMES: u64 = 2_000;
const PACE_NS: u64 = 1_000_000;

pub fn measure(book: &mut Book) -> Result<()> {
    let mut medians = Vec::new();
    for crowd in CROWDS {
        medians.push(with_crowd(book, crowd)?);
    }
    if let [
        _,
        (publish_one, acquire_one),
        ..,
        (publish_all, acquire_all),
    ] = medians[..]
    {
        let further = (CROWDS[CROWDS.len() - 1] - CROWDS[1]) as f64;
        let publish = (publish_all - publish_one) / further;
        let acquire = (acquire_all - acquire_one) / further;
        let at_most = Target::AtMost;
        book.add_value(
            "publish(), each further idle subscriber",
            at_most(3.0),
            publish,
        );
        book.add_value(
            "acquire(), each further idle subscriber",
            at_most(10.0),
            acquire,
        );
    }
    Ok(())
}

/// Medians of publish() and acquire() with so many subscribers.
fn with_crowd(book: &mut Book, crowd: usize) -> Result<(f64, f64)> {
    let mut publisher = Publisher::builder(KEY)
        .format(Format::Nv12)
        .size(1920, 1080)
        .build()?;
    let idle = crowd::attach(&publisher, "idle", crowd)?;
    let pinned = machine::pin(machine::processor(Side::This))?;
    let (_, _) = frames(&mut publisher, WARM_UP, 0)?;
    let (acquire, publish) = frames(&mut publisher, FRAMES, 0)?;
    let who = crowd::in_words(crowd);
    let target = match crowd {
        0 | 1 => Target::AtMost(150.0),
        _ => Target::None,
    };
    let floor = Some(CLOCK);
    book.add(format!("publish(), {who}"), floor, target, &publish);
    book.add(format!("acquire(), {who}"), floor, Target::None, &acquire);
    if crowd == 1 {
        let (_, paced) = frames(&mut publisher, PACED_FRAMES, PACE_NS)?;
        let what = "publish(), 1 idle subscriber, a frame each ms, caches cold";
        book.add(what, floor, Target::None, &paced);
    }
    drop(pinned);
    idle.let_go()?;
    publisher.finish()?;
    Ok((publish.p50(), acquire.p50()))
}

/// Times of acquire() and of publish() over so many frames, `pace` nanoseconds apart.
fn frames(publisher: &mut Publisher, count: u64, pace: u64) -> Result<(Samples, Samples)> {
    let mut acquire = Samples::new()?;
    let mut publish = Samples::new()?;
    let meta = FrameMeta {
        pts: Some(0),
        ..FrameMeta::default()
    };
    let start = now();
    for index in 0..count {
        if pace != 0 {
            wait(start + index * pace);
        }
        let before = now();
        let frame = publisher.acquire()?.ok_or("no slot is free")?;
        let between = now();
        let published = publisher.publish(frame, &meta)?;
        let after = now();
        drop(published);
        acquire.record(between - before);
        publish.record(after - between);
    }
    Ok((acquire, publish))
}

/// Sleeps almost until `moment`, and spins for the rest.
fn wait(moment: u64) {
    let left = moment.saturating_sub(now()).saturating_sub(100_000);
    std::thread::sleep(std::time::Duration::from_nanos(left));
    spin_until(moment);
}

/// In the other process: so many subscribers that do nothing.
pub fn be_idle(words: &[String]) -> Result<()> {
    crowd::be_idle(words, KEY, |builder| builder)
}
