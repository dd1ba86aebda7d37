//! How long a frame is on its way to a consumer, and there and back.

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side};
use frame_lending::engine::{Engine, EngineOptions, Observer};
use frame_lending::message::DetectionMessage;

use crate::consumer::{self, Kind, Place};
use crate::floor::{self, Trips};
use crate::pool::Pool;

const THERE: &str = "floor: bare SEQPACKET with a descriptor: to the other process";
const BACK: &str = "floor: bare SEQPACKET with a descriptor: there and back";
/// What lending may take.
const TIMES: f64 = 1.3;
/// Whoever takes longer hangs.
const WATCHDOG: Duration = Duration::from_secs(60);

pub fn measure(book: &mut Book, count: usize) -> Result<()> {
    let bare = floor::ping_pong(count)?;
    book.add(THERE, None, Target::None, &Samples::of(&bare.there)?);
    book.add(BACK, None, Target::None, &Samples::of(&bare.back)?);
    let variants = [
        ("1080p in place", Kind::InPlace, (1920, 1080)),
        ("64x48 copied, a descriptor each", Kind::Plain, (64, 48)),
        ("1080p copied, a descriptor each", Kind::Plain, (1920, 1080)),
    ];
    for (what, kind, (width, height)) in variants {
        let trips = lend(&Pool::new(width, height)?, kind, count)?;
        // A copy of a whole picture is on no floor.
        let target = match kind == Kind::Plain && height == 1080 {
            true => Target::None,
            false => Target::TimesFloor(TIMES),
        };
        let there = Samples::of(&trips.there)?;
        book.add(
            format!("to its consumer: {what}"),
            Some(THERE),
            target,
            &there,
        );
        let back = Samples::of(&trips.back)?;
        book.add(format!("there and back: {what}"), Some(BACK), target, &back);
    }
    Ok(())
}

/// Publishes a frame whenever the one before is back.
struct Rally {
    pool: Pool,
    trips: Mutex<(Trips, usize, Sender<Trips>)>,
}

impl Observer for Rally {
    fn returned(&self, message: &DetectionMessage, _is_late: bool) {
        let now = machine::now();
        let mut state = self.trips.lock().unwrap_or_else(PoisonError::into_inner);
        let (trips, count, done) = &mut *state;
        let taken = message.frame_timestamp.cast_unsigned();
        trips.there.push(message.timestamp.cast_unsigned() - taken);
        trips.back.push(now - taken);
        match trips.back.len() < *count {
            true => self.pool.publish(),
            // Nobody waits any more for one that comes too late.
            false => drop(done.send(std::mem::take(trips))),
        }
    }
}

fn lend(pool: &Pool, kind: Kind, count: usize) -> Result<Trips> {
    let place = tempfile::tempdir()?;
    let (sender, done) = mpsc::channel();
    let rally = Rally {
        pool: pool.clone(),
        trips: Mutex::new((Trips::default(), count, sender)),
    };
    // The threads of the engine stay where this one is.
    let pinned = machine::pin(machine::processor(Side::This))?;
    let mut options = EngineOptions::new(place.path().join("engine.sock"));
    options.observer = Arc::new(rally);
    options.timeout = WATCHDOG;
    let engine = Engine::start(Box::new(pool.clone()), options)?;
    drop(pinned);
    let consumers = consumer::start(&engine, kind, 1, Place::Pinned)?;
    pool.publish();
    let trips = done.recv_timeout(WATCHDOG)?;
    let tally = engine.stop().total;
    let copies = if kind == Kind::Plain { count as u64 } else { 0 };
    if (tally.frames.sent, tally.copied) != (count as u64, copies) {
        return Err(format!("{} frames and {} copies", tally.frames.sent, tally.copied).into());
    }
    for consumer in consumers {
        consumer.let_go()?;
    }
    Ok(trips)
}
