//! Waiting: awake for a moment, then asleep on a semaphore, with looks at what no semaphore tells.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Longer than a peer needs to answer that has to be woken for it: who answers then finds us awake,
/// and stays so for what comes next. If both fell asleep sooner, they would meet asleep for ever.
const SPIN: Duration = Duration::from_micros(50);
/// Between two looks at the clock.
const SPINS: u32 = 32;

/// Looks again and again for a moment; true if `ready` said so. With one processor nobody could
/// change anything meanwhile.
pub fn spin(ready: impl Fn() -> bool) -> bool {
    if !can_spin() {
        return ready();
    }
    let begin = Instant::now();
    loop {
        for _ in 0..SPINS {
            if ready() {
                return true;
            }
            std::hint::spin_loop();
        }
        if begin.elapsed() > SPIN {
            return false;
        }
    }
}

fn can_spin() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| {
        let online = std::fs::read_to_string("/sys/devices/system/cpu/online");
        online.is_ok_and(|list| has_several(&list))
    })
}

/// Whether there is more than one in a list like `0-3` or `0,2`. It is that of the machine, and not
/// of those that this process may use: it may be bound to one, and the other side to another.
fn has_several(list: &str) -> bool {
    list.contains(['-', ','])
}

/// How long to sleep until the next look, as no semaphore tells what is looked for.
#[derive(Debug)]
pub struct Pace {
    next: Duration,
    longest: Duration,
}

impl Pace {
    /// Looks for the death of a process: soon at first, then once a second.
    pub fn for_life() -> Self {
        Pace {
            next: Duration::from_millis(100),
            longest: Duration::from_secs(1),
        }
    }

    /// Looks for somebody who comes without a sign.
    pub fn for_arrival() -> Self {
        Pace {
            next: Duration::from_millis(1),
            longest: Duration::from_millis(50),
        }
    }

    /// How long to sleep now; `None` if the time is over.
    pub fn next(&mut self, deadline: Option<Instant>) -> Option<Duration> {
        let limit = self.next;
        self.next = (limit * 2).min(self.longest);
        let Some(deadline) = deadline else {
            return Some(limit);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| limit.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::has_several;

    #[test]
    fn lists_of_processors() {
        assert!(!has_several("0\n"));
        assert!(has_several("0-1\n"));
        assert!(has_several("0,2\n"));
    }
}
