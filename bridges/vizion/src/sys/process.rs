//! What a writer says of itself.

use std::sync::OnceLock;

use rustix::time::{ClockId, clock_gettime};

/// This process.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// Its number.
    pub pid: u32,
    /// When it began, in ticks since the machine started; 0 where /proc does not tell.
    pub start: u64,
}

impl Own {
    /// Looks once. A process that forks is not expected to go on writing in its child.
    pub fn get() -> Own {
        static OWN: OnceLock<Own> = OnceLock::new();
        *OWN.get_or_init(|| Own {
            pid: std::process::id(),
            start: start().unwrap_or(0),
        })
    }
}

fn start() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name before it is in parentheses and may have spaces, and parentheses, of its own.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// Nanoseconds of CLOCK_MONOTONIC.
pub fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
