//! Standard error: status lines if it is a terminal, and lines for people.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::termios::tcgetwinsize;

/// How often a status line changes.
const REFRESH: Duration = Duration::from_millis(200);
/// How wide a terminal is that does not say it.
const COLUMNS: usize = 80;

/// The lines at the bottom of the terminal.
static BOARD: Mutex<Board> = Mutex::new(Board::new());

/// True if standard error is a terminal.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes a line for people to standard error, above the status lines. A reader of it that is
/// gone is not missed.
pub fn say(line: &str) {
    let mut board = board();
    let text = board.erase() + line + "\n" + &board.draw(columns());
    let _ = io::stderr().write_all(text.as_bytes());
}

fn board() -> MutexGuard<'static, Board> {
    // Nothing is half done in there when something panics.
    BOARD.lock().unwrap_or_else(PoisonError::into_inner)
}

fn columns() -> usize {
    let told = tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    if told == 0 { COLUMNS } else { told }
}

/// Status lines, and how many of them are on the screen.
#[derive(Debug)]
struct Board {
    /// With the number of whoever shows it.
    lines: Vec<(u64, String)>,
    drawn: usize,
    next: u64,
}

impl Board {
    const fn new() -> Board {
        Board {
            lines: Vec::new(),
            drawn: 0,
            next: 0,
        }
    }

    /// What takes the lines off the screen.
    fn erase(&mut self) -> String {
        match std::mem::take(&mut self.drawn) {
            0 => String::new(),
            lines => format!("\r{}\x1b[J", "\x1b[A".repeat(lines - 1)),
        }
    }

    /// What puts them there again; a line that were too wide would become two.
    fn draw(&mut self, columns: usize) -> String {
        self.drawn = self.lines.len();
        let cut = |line: &String| line.chars().take(columns - 1).collect::<String>();
        let lines: Vec<_> = self.lines.iter().map(|(_, line)| cut(line)).collect();
        lines.join("\n")
    }

    fn set(&mut self, owner: u64, text: Option<String>) {
        let place = self.lines.iter().position(|(number, _)| *number == owner);
        match (place, text) {
            (Some(place), Some(text)) => self.lines[place].1 = text,
            (Some(place), None) => drop(self.lines.remove(place)),
            (None, Some(text)) => self.lines.push((owner, text)),
            (None, None) => {}
        }
    }
}

/// One status line that is written over and over, on a terminal only.
#[derive(Debug)]
pub struct Progress {
    owner: Option<u64>,
    next: Instant,
}

impl Progress {
    /// Shows nothing unless standard error is a terminal, and nothing if `quiet`.
    pub fn new(quiet: bool) -> Progress {
        let owner = (!quiet && is_terminal()).then(|| {
            let mut board = board();
            board.next += 1;
            board.next
        });
        Progress {
            owner,
            next: Instant::now(),
        }
    }

    /// Shows what `line` makes, if it is time for it.
    pub fn show(&mut self, line: impl FnOnce() -> String) {
        if self.owner.is_some() && Instant::now() >= self.next {
            self.next = Instant::now() + REFRESH;
            self.set(Some(line()));
        }
    }

    /// Shows `line` at once.
    pub fn tell(&mut self, line: String) {
        self.set(Some(line));
    }

    /// Takes the line away.
    pub fn clear(&mut self) {
        self.set(None);
    }

    fn set(&mut self, text: Option<String>) {
        let Some(owner) = self.owner else {
            return;
        };
        let mut board = board();
        board.set(owner, text);
        let text = board.erase() + &board.draw(columns());
        let _ = io::stderr().write_all(text.as_bytes());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_line() {
        let mut board = Board::new();
        assert_eq!(board.erase() + &board.draw(80), "");
        board.set(1, Some("first".to_owned()));
        board.set(2, Some("second".to_owned()));
        assert_eq!(board.erase() + &board.draw(80), "first\nsecond");
        board.set(1, Some("first again".to_owned()));
        assert_eq!(
            board.erase() + &board.draw(7),
            "\r\x1b[A\x1b[Jfirst \nsecond"
        );
        board.set(1, None);
        assert_eq!(board.erase() + &board.draw(80), "\r\x1b[A\x1b[Jsecond");
        board.set(2, None);
        assert_eq!(board.erase() + &board.draw(80), "\r\x1b[J");
        assert_eq!(board.erase() + &board.draw(80), "");
    }
}
