//! The floor: what this machine needs for a cache line, a futex, a copy, a clock, a call.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use rustix::thread::futex;

use bench_harness::Result;
use bench_harness::book::{Book, Samples, Target};
use bench_harness::machine::{self, Side, now};
use bench_harness::memory::SharedBytes;
use bench_harness::peer::{self, Peer, word};

const ROUNDS: u64 = 100_000;
const BYTES: usize = 4096;
/// Two words share no line, nor a pair of lines that is fetched at once.
const APART: usize = 128;

pub const CLOCK: &str = "floor: two reads of the clock";
pub const LINE: &str = "floor: a cache line to the other process, half a round trip";

/// A page that both processes map.
pub struct Shared(SharedBytes);

/// The words of the page.
#[derive(Clone, Copy)]
pub enum Word {
    Ping,
    Pong,
    Futex,
    Ready,
}

impl Shared {
    /// A new page.
    pub fn create() -> Result<Self> {
        Ok(Shared(SharedBytes::create(BYTES)?))
    }

    /// The page of the other process.
    pub fn open(path: &str) -> Result<Self> {
        Ok(Shared(SharedBytes::open(path, BYTES)?))
    }

    /// Where the other process finds it.
    pub fn path(&self) -> String {
        self.0.path()
    }

    /// A word of 64 bits: any but `Futex`.
    #[inline]
    pub fn word(&self, word: Word) -> &AtomicU64 {
        self.0.word(word as usize * APART)
    }

    #[inline]
    fn futex(&self) -> &AtomicU32 {
        self.0.half_word(Word::Futex as usize * APART)
    }

    /// Stores `value` in the word that the other process looks at.
    #[inline]
    pub fn ping(&self, value: u64) {
        self.word(Word::Ping).store(value, Ordering::Release);
    }

    /// The same for one that sleeps.
    #[inline]
    pub fn ping_sleeper(&self, value: u64) -> Result<()> {
        self.ping(value);
        self.futex().fetch_add(1, Ordering::Release);
        futex::wake(self.futex(), futex::Flags::empty(), 1)?;
        Ok(())
    }

    /// Spins until `word` is no longer `last`, and returns what it is.
    #[inline]
    pub fn spin(&self, word: Word, last: u64) -> u64 {
        loop {
            let value = self.word(word).load(Ordering::Acquire);
            if value != last {
                return value;
            }
            std::hint::spin_loop();
        }
    }

    /// The same outside of what is measured: an error if the other process ends meanwhile.
    pub fn spin_while(&self, other: &mut Peer, word: Word, last: u64) -> Result<()> {
        while self.word(word).load(Ordering::Acquire) == last {
            other.check()?;
        }
        Ok(())
    }

    /// Sleeps until the pinged word is no longer `last`, and returns what it is.
    #[inline]
    pub fn sleep(&self, last: u64) -> u64 {
        loop {
            let seen = self.futex().load(Ordering::Acquire);
            let value = self.word(Word::Ping).load(Ordering::Acquire);
            if value != last {
                return value;
            }
            // Woken, changed and interrupted all mean: look again.
            let _ = futex::wait(self.futex(), futex::Flags::empty(), seen, None);
        }
    }
}

pub fn measure(book: &mut Book) -> Result<()> {
    let _pinned = machine::pin(machine::processor(Side::This))?;
    let clock = times(ROUNDS, || Ok(()))?;
    book.add(CLOCK, None, Target::None, &clock);
    let call = times(ROUNDS, || {
        std::hint::black_box(rustix::process::getppid());
        Ok(())
    })?;
    book.add("floor: an empty system call", None, Target::None, &call);
    let shared = Shared::create()?;
    let wake = times(ROUNDS, || {
        futex::wake(shared.futex(), futex::Flags::empty(), 1)?;
        Ok(())
    })?;
    let what = "floor: waking a futex on which nobody sleeps";
    book.add(what, None, Target::None, &wake);
    book.add(LINE, None, Target::None, &line(&shared)?);
    Ok(())
}

/// Times of single calls, each with the clock's own.
fn times(rounds: u64, mut call: impl FnMut() -> Result<()>) -> Result<Samples> {
    let mut samples = Samples::new()?;
    for _ in 0..rounds {
        let start = now();
        call()?;
        samples.record(now() - start);
    }
    Ok(samples)
}

/// Half of a round trip of a cache line between two spinning processes.
fn line(shared: &Shared) -> Result<Samples> {
    let words = [shared.path(), peer::processor(Side::Other)];
    let echo = Peer::start_ready("echo", &words)?;
    let mut samples = Samples::new()?;
    for round in 1..=ROUNDS {
        let start = now();
        shared.ping(round);
        shared.spin(Word::Pong, round - 1);
        samples.record((now() - start) / 2);
    }
    echo.let_go()?;
    // A moment for the other processor to come to rest.
    std::thread::sleep(Duration::from_millis(10));
    Ok(samples)
}

/// In the other process: answers every ping.
pub fn echo(words: &[String]) -> Result<()> {
    let shared = Shared::open(&word::<String>(words, 0)?)?;
    let _pinned = peer::pin(words, 1)?;
    peer::say("ready")?;
    for round in 1..=ROUNDS {
        shared.spin(Word::Ping, round - 1);
        shared.word(Word::Pong).store(round, Ordering::Release);
    }
    Ok(())
}
