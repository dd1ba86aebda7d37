//! Standard error: one progress line if it is a terminal, and lines for people.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often the progress line changes.
const REFRESH: Duration = Duration::from_millis(200);
/// Back to the first column, and nothing right of it.
const ERASE: &str = "\r\x1b[K";

/// True if standard error is a terminal.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes a line for people to standard error. A reader of it that is gone is not missed.
pub fn say(line: &str) {
    let erase = if is_terminal() { ERASE } else { "" };
    let _ = writeln!(io::stderr(), "{erase}{line}");
}

/// One line that is written over and over, on a terminal only.
#[derive(Debug)]
pub struct Progress {
    shown: bool,
    next: Instant,
}

impl Progress {
    /// Shows nothing unless standard error is a terminal, and nothing if `quiet`.
    pub fn new(quiet: bool) -> Progress {
        Progress {
            shown: !quiet && is_terminal(),
            next: Instant::now(),
        }
    }

    /// Shows what `line` makes, if it is time for it.
    pub fn show(&mut self, line: impl FnOnce() -> String) {
        if self.shown && Instant::now() >= self.next {
            self.next = Instant::now() + REFRESH;
            let _ = write!(io::stderr(), "{ERASE}{}", line());
        }
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        if self.shown {
            let _ = write!(io::stderr(), "{ERASE}");
        }
    }
}
