//! The machine: what it is, how busy it is, and which processor runs what.

use std::sync::OnceLock;
use std::time::Duration;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::Result;

/// Set once, before anything is pinned: afterwards this process may use one processor only.
static PAIR: OnceLock<(usize, usize)> = OnceLock::new();

/// Chooses a processor for each side, if there are two.
pub fn choose_processors() -> Result<()> {
    let allowed = sched_getaffinity(None)?;
    let mut numbers = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu));
    if let Some(pair) = numbers.next().zip(numbers.next()) {
        PAIR.get_or_init(|| pair);
    }
    Ok(())
}

/// Where the two processes run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Each has a processor of its own.
    Pinned,
    /// Where the scheduler sends them.
    Scheduled,
}

/// One of the two processes.
#[derive(Clone, Copy)]
pub enum Side {
    /// The one that was started by hand.
    This,
    /// The one that it started.
    Other,
}

/// The number of the processor for `side`; `None` leaves it to the scheduler.
pub fn processor(side: Side) -> Option<usize> {
    PAIR.get().map(|&(this, other)| match side {
        Side::This => this,
        Side::Other => other,
    })
}

/// Keeps the calling thread on a processor until dropped.
pub struct Pinned {
    before: CpuSet,
}

/// Binds the calling thread to `processor`. Only this thread: those that the library started
/// before go where the scheduler sends them.
pub fn pin(processor: Option<usize>) -> Result<Pinned> {
    let before = sched_getaffinity(None)?;
    if let Some(number) = processor {
        let mut only = CpuSet::new();
        only.set(number);
        sched_setaffinity(None, &only)?;
    }
    Ok(Pinned { before })
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // Staying where it is costs nothing but comfort.
        let _ = sched_setaffinity(None, &self.before);
    }
}

/// Nanoseconds of CLOCK_MONOTONIC.
#[inline]
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Waits for a moment without sleeping, so that the moment is met.
#[inline]
pub fn spin_until(moment: u64) {
    while now() < moment {
        std::hint::spin_loop();
    }
}

/// Load averages over 1, 5 and 15 minutes.
pub fn load() -> String {
    let line = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let words: Vec<&str> = line.split_ascii_whitespace().take(3).collect();
    words.join(" ")
}

/// Waits until others leave nine tenths of the machine alone, but no longer than is left of
/// `patience`; false if they did not.
pub fn wait_until_quiet(patience: &mut Duration) -> bool {
    const LOOK: Duration = Duration::from_millis(100);
    loop {
        let before = idle_and_all();
        std::thread::sleep(LOOK);
        let (idle, all) = idle_and_all();
        if (idle - before.0) * 10 >= (all - before.1) * 9 {
            return true;
        }
        if patience.is_zero() {
            return false;
        }
        *patience = patience.saturating_sub(LOOK);
    }
}

/// Ticks of all processors since boot: those spent idle, and all.
fn idle_and_all() -> (u64, u64) {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let ticks = line.split_ascii_whitespace().skip(1);
    let ticks: Vec<u64> = ticks.filter_map(|word| word.parse().ok()).collect();
    // user, nice, system, idle, and waiting for a disk, which is idle too.
    let idle = ticks.iter().skip(3).take(2).sum();
    (idle, ticks.iter().sum())
}

/// Processors, model and kernel.
pub fn description() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let count = std::thread::available_parallelism().map_or(0, usize::from);
    let virtual_machine = match info.contains(" hypervisor ") {
        true => ", in a virtual machine",
        false => "",
    };
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim_end();
    format!("{model}, {count} processors{virtual_machine}, Linux {kernel}")
}

/// Today, as year-month-day in UTC.
pub fn date() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let days = since.map_or(0, |since| since.as_secs() / 86_400) as i64;
    // Years begin in March here, so that the leap day is the last of a year.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day = shifted.rem_euclid(146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{}-{month:02}-{of_month:02}", year + era * 400 + carry)
}
