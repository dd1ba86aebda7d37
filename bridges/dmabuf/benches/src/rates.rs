//! What it costs to lend 1080p 240 times a second.

use std::time::{Duration, Instant};

use bench_harness::Result;
use bench_harness::floor::{COPY_OF_FRAME, copy_of_frame};
use bench_harness::sheet::{AtLeast, Column, Sheet, Unit};
use bench_harness::usage::processor_time;
use frame_lending::engine::{Engine, EngineOptions, Tally};

use crate::consumer::{self, Kind, Place};
use crate::pool::Pool;

pub const COLUMNS: [Column; 4] = [
    Column::new("frames/s to each", Unit::Times),
    Column::new("passed over", Unit::Count),
    Column::new("copies", Unit::Count),
    Column::new("the engine's processor time for a loan", Unit::Nanoseconds),
];

const RATE: u32 = 240;
const ALL: AtLeast = AtLeast {
    column: 0,
    value: 239.0,
};

pub fn measure(sheet: &mut Sheet, watched: Duration) -> Result<()> {
    let pool = Pool::new(1920, 1080)?;
    let copy = copy_of_frame(pool.frame())?;
    sheet.add(COPY_OF_FRAME, None, vec![1e9 / copy, f64::NAN, 1.0, copy]);
    let variants = [
        ("in place, 1 consumer", Kind::InPlace, 1, Some(ALL)),
        ("in place, 4 consumers", Kind::InPlace, 4, Some(ALL)),
        ("copied, 1 consumer", Kind::Plain, 1, None),
        ("copied, 4 consumers", Kind::Plain, 4, None),
    ];
    for (what, kind, consumers, target) in variants {
        let values = lend(&pool, kind, consumers, watched)?;
        sheet.add(what, target, values);
    }
    Ok(())
}

fn lend(pool: &Pool, kind: Kind, count: usize, watched: Duration) -> Result<Vec<f64>> {
    let place = tempfile::tempdir()?;
    let options = EngineOptions::new(place.path().join("engine.sock"));
    let engine = Engine::start(Box::new(pool.clone()), options)?;
    let consumers = consumer::start(&engine, kind, count, Place::Anywhere)?;
    let this = std::process::id();
    // Every buffer is there, and its pages are.
    publish(pool, Duration::from_millis(200));
    let (before, used) = (engine.report().total, processor_time(this)?);
    let start = Instant::now();
    publish(pool, watched);
    let seconds = start.elapsed().as_secs_f64();
    let (after, used_after) = (engine.report().total, processor_time(this)?);
    let balance = |tally: &Tally| {
        let frames = &tally.frames;
        let ended = frames.returned + frames.errors + frames.timed_out + frames.abandoned;
        frames.sent == ended + frames.in_flight
    };
    if !balance(&after) {
        return Err(format!("the account does not balance: {after:?}").into());
    }
    let sent = (after.frames.sent - before.frames.sent) as f64;
    engine.stop();
    for consumer in consumers {
        consumer.let_go()?;
    }
    Ok(vec![
        sent / count as f64 / seconds,
        (after.dropped - before.dropped) as f64,
        (after.copied - before.copied) as f64,
        (used_after - used) as f64 / sent,
    ])
}

/// Publishes frames at their times for so long.
fn publish(pool: &Pool, watched: Duration) {
    let start = Instant::now();
    let frames = (watched.as_secs_f64() * f64::from(RATE)) as u32;
    for number in 1..=frames {
        let due = start + Duration::from_secs(number.into()) / RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        pool.publish();
    }
}
