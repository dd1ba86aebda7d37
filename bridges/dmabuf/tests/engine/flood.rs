//! A consumer that returns, without end, what it does not have.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::Stage;
use super::client::{Client, returned, until};

/// How much longer a frame may take to another consumer, as its median: they share processors, and
/// here also with whoever floods.
const FACTOR: u32 = 20;
/// A frame that takes less takes no time.
const LEAST: Duration = Duration::from_micros(50);
const TRIPS: usize = 200;

/// Frames to a consumer, who returns them.
struct Trips<'a> {
    stage: &'a Stage,
    client: Client,
    sequence: i64,
}

impl Trips<'_> {
    /// From the publication of a frame to its consumer: the median.
    fn median(&mut self) -> Duration {
        let mut times: Vec<Duration> = (0..TRIPS).map(|_| self.trip()).collect();
        times.sort();
        times[TRIPS / 2]
    }

    fn trip(&mut self) -> Duration {
        self.sequence += 1;
        let started = Instant::now();
        self.stage.feed.publish("cam1", self.sequence);
        assert_eq!(self.client.next().sequence(), self.sequence);
        let time = started.elapsed();
        self.client.give_back("cam1", self.sequence);
        time
    }
}

#[test]
fn a_hundred_thousand_returns_a_second_are_counted_and_cost_others_little() {
    let least = match std::env::var_os("CUFRAMES_FULL") {
        Some(_) => 1_000_000,
        None => 10_000,
    };
    let stage = Stage::usual();
    let client = stage.client();
    let mut trips = Trips {
        stage: &stage,
        client,
        sequence: 0,
    };
    let alone = trips.median();
    let flood = stage.client();
    let is_over = Arc::new(AtomicBool::new(false));
    let thread = std::thread::spawn({
        let is_over = Arc::clone(&is_over);
        move || {
            let text = returned("cam1", 0, "success").to_string();
            let (started, mut said) = (Instant::now(), 0);
            while said < least || !is_over.load(Ordering::Relaxed) {
                flood.say_when_heard(text.as_bytes());
                said += 1;
            }
            (flood, said, started.elapsed())
        }
    });
    until(&stage.engine, "begun", |report| {
        report.total.frames.unknown > 0
    });
    let beside = trips.median();
    is_over.store(true, Ordering::Relaxed);
    let (_flood, said, time) = thread.join().expect("it sends");
    let report = until(&stage.engine, "all of them", |report| {
        let frames = &report.total.frames;
        (frames.unknown, frames.returned) == (said, 2 * TRIPS as u64)
    });
    let rate = said as f64 / time.as_secs_f64();
    println!("{said} returns, {rate:.0} a second; a frame alone {alone:?}, beside them {beside:?}");
    assert!(
        beside <= FACTOR * alone.max(LEAST),
        "{beside:?} instead of {alone:?}"
    );
    let frames = report.total.frames;
    // Whoever floods has its window, and returns none of it.
    assert_eq!((frames.sent, frames.in_flight), (2 * TRIPS as u64 + 2, 2));
    assert_eq!(report.consumers.len(), 2);
    assert_eq!(report.total.malformed, 0);
}
