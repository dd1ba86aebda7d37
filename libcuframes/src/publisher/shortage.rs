//! When no slot is free: waiting for those who may miss nothing, and for nobody else.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::ring::Pages;
use crate::session::{Command, Epoch, Shared};
use crate::sys::PAGE;
use crate::wire::{is_sequence, page};

/// First it spins, then it sleeps: a reader that is awake is done within microseconds.
const SPIN: Duration = Duration::from_micros(20);
const SLEEP: Duration = Duration::from_micros(200);

/// How long things have been going badly, and for how long they may.
#[derive(Debug)]
pub(super) struct Shortage {
    pub strict_timeout: Duration,
    pub pressure_timeout: Duration,
    pub evict_lagging: bool,
    /// When slots ran out, or when somebody was last made to go because of it.
    since: Option<Instant>,
    /// When the current wait began.
    waiting_since: Instant,
}

impl Shortage {
    pub fn new(strict_timeout: Duration, pressure_timeout: Duration, evict_lagging: bool) -> Self {
        Shortage {
            strict_timeout,
            pressure_timeout,
            evict_lagging,
            since: None,
            waiting_since: Instant::now(),
        }
    }

    /// A slot was free.
    #[inline]
    pub fn over(&mut self) {
        self.since = None;
    }

    /// No slot was free: the control thread looks who holds what; if this goes on, the oldest
    /// lease has to go.
    pub fn begin(&mut self, shared: &Shared) {
        match self.since {
            None => {
                self.since = Some(Instant::now());
                shared.interrupt();
            }
            Some(since) if since.elapsed() >= self.pressure_timeout => {
                self.since = Some(Instant::now());
                shared.send(Command::RelievePressure);
            }
            Some(_) => {}
        }
    }

    /// Begins to wait, and tells until when.
    pub fn strict_deadline(&mut self) -> Instant {
        self.waiting_since = Instant::now();
        self.waiting_since + self.strict_timeout
    }

    /// Waits a little.
    pub fn pause(&self) {
        match self.waiting_since.elapsed() < SPIN {
            true => std::hint::spin_loop(),
            false => std::thread::sleep(SLEEP),
        }
    }

    /// The time for this frame is used up: whoever is still in the way is not waited for until
    /// it has caught up with `newest`, or is evicted.
    pub fn give_up(&self, shared: &Shared, epoch: &Epoch, newest: u64) {
        let oldest = oldest(epoch, newest);
        for index in waited_for(epoch).iter() {
            let in_the_way = consumed(epoch, index) < oldest || epoch.ring.held_by(index) != 0;
            if !in_the_way {
                continue;
            }
            epoch.lagging[index].store(newest, Ordering::Relaxed);
            if self.evict_lagging {
                let generation = epoch.generation[index].load(Ordering::Acquire);
                shared.send(Command::EvictLagging(index, generation));
            }
        }
    }
}

/// The highest sequence that everyone who is waited for has consumed.
#[inline]
pub(super) fn floor(epoch: &Epoch) -> u64 {
    let mut floor = u64::MAX;
    for index in waited_for(epoch).iter() {
        let consumed = consumed(epoch, index);
        let lagging = epoch.lagging[index].load(Ordering::Relaxed);
        if lagging == 0 {
            floor = floor.min(consumed);
        } else if consumed >= lagging {
            // It has caught up with what was the newest frame when it was given up.
            epoch.lagging[index].store(0, Ordering::Relaxed);
            floor = floor.min(consumed);
        }
    }
    floor
}

/// True if a slot would be free were it not for those who are waited for.
pub(super) fn is_strict(epoch: &Epoch, newest: u64) -> bool {
    let ring = &epoch.ring;
    let strict = waited_for(epoch);
    let in_use = ring.held_except(|index| {
        strict.contains(index) && epoch.lagging[index].load(Ordering::Relaxed) == 0
    });
    (0..ring.shape().slots).any(|slot| {
        let seq = ring.seq(slot);
        let usable = !ring.is_in_work(slot) && (seq == 0 || seq != newest);
        usable && in_use & (1 << slot) == 0
    })
}

fn waited_for(epoch: &Epoch) -> Pages {
    epoch.strict.load()
}

#[inline]
fn consumed(epoch: &Epoch, index: usize) -> u64 {
    let offset = index * PAGE + page::CONSUMED_SEQ;
    // Acquire: what was consumed has been read.
    epoch.ring.pages.load_u64(offset, Ordering::Acquire)
}

/// The oldest frame in the ring that is not the newest.
fn oldest(epoch: &Epoch, newest: u64) -> u64 {
    let ring = &epoch.ring;
    let sequences = (0..ring.shape().slots).map(|slot| ring.seq(slot));
    let older = sequences.filter(|&seq| is_sequence(seq) && seq != newest);
    older.min().unwrap_or(newest)
}
