//! What disturbs the two sides: bytes that change, and signals that interrupt.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::chance::Chance;
use super::raw::{Raw, field};

/// Writes random values over words of a region, `times` of them: the fields, the payload with the
/// headers in it, or both. Half of the values are such as could almost be.
pub fn scribble(name: &str, region: &str, seed: u64, times: u64) -> String {
    let mut chance = Chance::of(seed);
    let raw = Raw::open(name);
    let len = raw.len();
    let (from, to) = match region {
        "fields" => (0, field::END),
        "payload" => (field::END + 256, len),
        "all" => (0, len),
        other => panic!("no region '{other}'"),
    };
    for _ in 0..times {
        let at = from + chance.below((to - from) / 8) * 8;
        let value = match chance.below(4) {
            0 => chance.any(),
            1 => chance.below(8192),
            2 => u64::MAX - chance.below(64),
            _ => 1 << chance.below(64),
        };
        raw.set(at, value);
    }
    "scribbled".to_owned()
}

static SIGNALS: AtomicU64 = AtomicU64::new(0);

/// Interrupts this thread a thousand times a second, as long as the process lives.
#[allow(unsafe_code)]
pub fn pester() -> String {
    extern "C" fn note(_: libc::c_int) {
        SIGNALS.fetch_add(1, Ordering::Relaxed);
    }
    // SAFETY: all bytes 0 are a valid value of this type: no flags, so that calls are interrupted,
    // and an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = note as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler only adds to an atomic.
    let set = unsafe { libc::sigaction(libc::SIGUSR1, &action, std::ptr::null_mut()) };
    assert_eq!(set, 0);
    // SAFETY: it only tells which thread this is.
    let thread = unsafe { libc::pthread_self() };
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(1));
            // SAFETY: the thread lives as long as the process, as it reads its orders.
            unsafe { libc::pthread_kill(thread, libc::SIGUSR1) };
        }
    });
    "ok".to_owned()
}

/// How many signals came.
pub fn pestered() -> String {
    SIGNALS.load(Ordering::Relaxed).to_string()
}
