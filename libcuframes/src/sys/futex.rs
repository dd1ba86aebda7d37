//! Shared futexes: sleeping on a word that another process writes.

use std::io;
use std::time::Duration;

use rustix::thread::futex::{self, Flags, Timespec};

use super::map::{Mapping, WriteMap};

/// Sleeps until the word at `offset` is woken, but no longer than `limit` and only if it still
/// holds `expected`; false if the time was over first. A read-only mapping will do. Spurious
/// returns are normal.
pub fn wait<Access>(map: &Mapping<Access>, offset: usize, expected: u32, limit: Duration) -> bool {
    let limit = Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: i64::from(limit.subsec_nanos()),
    };
    // Woken, changed and interrupted all mean the same to the caller: look again.
    let outcome = futex::wait(
        map.futex_word(offset),
        Flags::empty(),
        expected,
        Some(&limit),
    );
    !matches!(outcome, Err(rustix::io::Errno::TIMEDOUT))
}

/// Wakes everyone who sleeps on the word at `offset` and returns how many that were.
pub fn wake_all(map: &WriteMap, offset: usize) -> io::Result<usize> {
    Ok(futex::wake(
        map.futex_word(offset),
        Flags::empty(),
        i32::MAX as u32,
    )?)
}
