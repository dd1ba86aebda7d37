//! Two processes that answer each other by named semaphores, with a copy on each way or none.

use bench_harness::Result;
use bench_harness::book::Samples;
use bench_harness::machine::{self, Side, now, spin_until};
use bench_harness::memory::SharedBytes;
use bench_harness::peer::{self, Peer, word};

use super::semaphore::Semaphore;
use crate::plan::{DUPLEX_RING, HEADER, duplex_lap};

/// How both sides wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    Spin,
    Sleep,
}

impl Wait {
    #[inline]
    fn take(self, semaphore: &Semaphore) {
        match self {
            Wait::Spin => semaphore.spin(),
            Wait::Sleep => semaphore.wait(),
        }
    }
}

/// Places of a frame of `size` bytes in a ring of the size that round trips have.
struct Places {
    at: usize,
    size: usize,
}

impl Places {
    fn next(&mut self) -> usize {
        let mut place = self.at + HEADER;
        if place + self.size > DUPLEX_RING {
            place = HEADER;
        }
        self.at = place + self.size;
        place
    }
}

/// Round trips of `size` bytes, each `pause_ns` after the last.
pub fn exchange(wait: Wait, size: usize, count: u64, pause_ns: u64) -> Result<Samples> {
    let name = crate::plan::unique();
    let (request, response) = (format!("/{name}-req"), format!("/{name}-resp"));
    let there = Semaphore::create(&request)?;
    let back = Semaphore::create(&response)?;
    let mut out = SharedBytes::create(DUPLEX_RING)?;
    let home = SharedBytes::create(DUPLEX_RING)?;
    let spins = u8::from(wait == Wait::Spin).to_string();
    let words = [request, response, out.path(), home.path(), spins];
    let numbers = [
        size.to_string(),
        count.to_string(),
        peer::processor(Side::Other),
    ];
    let echo = Peer::start_ready("exchange", &[&words[..], &numbers[..]].concat())?;
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let frame = vec![7; size];
    let mut samples = Samples::new()?;
    let mut places = Places { at: 0, size };
    let lap = duplex_lap(size);
    for index in 0..lap + count {
        if index >= lap {
            spin_until(now() + pause_ns);
        }
        let start = now();
        let place = places.next();
        out.store(place, &frame);
        there.post();
        wait.take(&back);
        let mut byte = [0];
        home.load(place, &mut byte[..size.min(1)]);
        if index >= lap {
            samples.record(now() - start);
        }
        std::hint::black_box(byte);
    }
    echo.let_go()?;
    Ok(samples)
}

/// In the other process: answers every frame with a copy of it.
pub fn echo(words: &[String]) -> Result<()> {
    let text = |index| word::<String>(words, index);
    let (there, back) = (Semaphore::open(&text(0)?)?, Semaphore::open(&text(1)?)?);
    let request = SharedBytes::open(&text(2)?, DUPLEX_RING)?;
    let mut response = SharedBytes::open(&text(3)?, DUPLEX_RING)?;
    let wait = match word::<u8>(words, 4)? {
        0 => Wait::Sleep,
        _ => Wait::Spin,
    };
    let (size, count) = (word(words, 5)?, word::<u64>(words, 6)?);
    let _pinned = peer::pin(words, 7)?;
    peer::say("ready")?;
    let mut places = Places { at: 0, size };
    for _ in 0..duplex_lap(size) + count {
        wait.take(&there);
        response.copy_from(&request, places.next(), size);
        back.post();
    }
    peer::until_let_go()
}
