//! There and back: two rings, and who answers sends as much as it got.

use std::time::Duration;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now, spin_until};
use bench_harness::peer::{self, Peer, word};
use zerobuffer::{BufferConfig, DEFAULT_METADATA_SIZE, Reader, Writer};
use zerobuffer_peer::Tidy;

use crate::floor::{Wait, exchange};
use crate::plan::{DUPLEX_RING, Plan, SIZES, duplex_lap, in_words, unique};
use crate::python;

const TIMEOUT: Duration = Duration::from_secs(20);
/// Long enough for both sides to fall asleep.
const PAUSE_NS: u64 = 1_000_000;
const SPINNING: &str = "floor: two semaphores, both sides spin";
const SLEEPING: &str = "floor: two semaphores, both sides sleep";
const PACED: &str = "floor: two semaphores, both sides sleep, 1 ms apart";
const COPYING: [&str; 4] = [
    "floor: two semaphores and two copies of 1 KiB, both sides spin",
    "floor: two semaphores and two copies of 64 KiB, both sides spin",
    "floor: two semaphores and two copies of 1 MiB, both sides spin",
    "floor: two semaphores and two copies of 3110400 B, both sides spin",
];

pub fn measure(book: &mut Book, plan: &Plan, with_peer: bool) -> Result<()> {
    let trips = plan.trips(SIZES[0]);
    let spinning = exchange(Wait::Spin, 0, trips, 0)?;
    book.add(SPINNING, None, Target::None, &spinning);
    let sleeping = exchange(Wait::Sleep, 0, trips, 0)?;
    book.add(SLEEPING, None, Target::None, &sleeping);
    for (size, floor) in SIZES.into_iter().zip(COPYING) {
        let plain = exchange(Wait::Spin, size, plan.trips(size), 0)?;
        book.add(floor, None, Target::None, &plain);
        let awake = match size == SIZES[0] {
            true => Target::AtMost(2_000.0),
            false => Target::None,
        };
        let bytes = in_words(size);
        let ours = run(size, plan.trips(size), 0)?;
        book.add(format!("{bytes} and back"), Some(floor), awake, &ours);
        if with_peer {
            let peer = run_peer(size, plan.trips_of_peer())?;
            let what = format!("{bytes} and back, Python peer");
            book.add(what, Some(floor), Target::None, &peer);
        }
    }
    let plain = exchange(Wait::Sleep, 0, plan.paced_trips(), PAUSE_NS)?;
    book.add(PACED, None, Target::None, &plain);
    let ours = run(SIZES[0], plan.paced_trips(), PAUSE_NS)?;
    let target = Target::TimesFloor(1.2);
    book.add("1 KiB and back, 1 ms apart", Some(PACED), target, &ours);
    Ok(())
}

fn config() -> BufferConfig {
    BufferConfig::new(DEFAULT_METADATA_SIZE, DUPLEX_RING as u64)
}

fn run(size: usize, count: u64, pause_ns: u64) -> Result<Samples> {
    let name = unique();
    let trips = duplex_lap(size) + count;
    let words = [
        name.clone(),
        trips.to_string(),
        peer::processor(Side::Other),
    ];
    let mut echo = Peer::start_ready("echo", &words)?;
    let mut responses = Reader::create(&format!("{name}-resp"), &config())?;
    let mut requests = Writer::connect(&format!("{name}-req"))?;
    echo.tell("go")?;
    echo.hear()?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let mut frame = vec![7; size];
    let mut samples = Samples::new()?;
    let lap = duplex_lap(size);
    for index in 0..trips {
        frame[size - 1] = index as u8;
        if index >= lap {
            spin_until(now() + pause_ns);
        }
        let start = now();
        requests.write(&frame)?;
        let response = responses.read(TIMEOUT)?.ok_or("no response came")?;
        let mut byte = [0];
        response.copy_range_to(size - 1, &mut byte);
        let took = now() - start;
        if index >= lap {
            samples.record(took);
        }
        if (response.sequence(), response.len(), byte[0]) != (index + 1, size, index as u8) {
            return Err(format!("response {index} is another one").into());
        }
    }
    echo.let_go()?;
    Ok(samples)
}

/// In the other process: answers every frame with a copy of it.
pub fn be_echo(words: &[String]) -> Result<()> {
    let name: String = word(words, 0)?;
    let mut requests = Reader::create(&format!("{name}-req"), &config())?;
    peer::say("ready")?;
    peer::listen()?;
    let mut responses = Writer::connect(&format!("{name}-resp"))?;
    let _pinned = peer::pin(words, 2)?;
    peer::say("ready")?;
    for _ in 0..word::<u64>(words, 1)? {
        let request = requests.read(TIMEOUT)?.ok_or("no request came")?;
        let mut response = responses.buffer(request.len())?;
        response.copy_from_frame(&request);
        response.commit();
    }
    peer::until_let_go()
}

/// The same between two processes of the peer's.
fn run_peer(size: usize, count: u64) -> Result<Samples> {
    let name = unique();
    let _tidy = Tidy::new(&format!("{name}-req")).and(&format!("{name}-resp"));
    let count = count as usize;
    let mut echo = python::start("echo", &name, Side::Other, &[DUPLEX_RING, count])?.ready()?;
    let numbers = [DUPLEX_RING, size, count];
    let mut client = python::start("client", &name, Side::This, &numbers)?.ready()?;
    echo.tell("go")?;
    echo.hear()?;
    client.tell("go")?;
    let times = client.hear_numbers()?;
    client.let_go()?;
    echo.let_go()?;
    if times.len() != count {
        return Err(format!("{} of {count} responses came", times.len()).into());
    }
    Samples::of(&times)
}
