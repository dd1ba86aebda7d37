//! The point at which a process dies.

use std::env;
use std::fmt::Debug;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Signal, getpid, kill_process};

/// The point at which this process is to die: `name[:n]` in a variable of the environment, the n-th
/// time that it gets there (default: the first).
#[derive(Debug)]
pub struct Crash {
    variable: &'static str,
    wanted: OnceLock<Option<(String, u32)>>,
    reached: AtomicU32,
}

impl Crash {
    /// The one that `variable` names.
    #[must_use]
    pub const fn new(variable: &'static str) -> Crash {
        Crash {
            variable,
            wanted: OnceLock::new(),
            reached: AtomicU32::new(0),
        }
    }

    /// Sends SIGKILL to this process if `point` is the one: a crash at an exact place is a real one.
    pub fn reach(&self, point: impl Debug) {
        if let Some((name, nth)) = self.wanted.get_or_init(|| wanted(self.variable))
            && *name == format!("{point:?}")
            && self.reached.fetch_add(1, Ordering::Relaxed) + 1 == *nth
        {
            let _ = kill_process(getpid(), Signal::KILL);
        }
    }
}

fn wanted(variable: &str) -> Option<(String, u32)> {
    let text = env::var(variable).ok()?;
    let (name, nth) = text.split_once(':').unwrap_or((&text, "1"));
    Some((name.to_owned(), nth.parse().unwrap_or(1)))
}
