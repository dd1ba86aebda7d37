//! The line about frames that appears once a second.

use std::io::{self, Write};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::Counters;

const SECOND: Duration = Duration::from_secs(1);

/// Counts the frames of each second, and tells them.
#[derive(Debug)]
pub struct Rate {
    /// When this second began.
    since: Instant,
    /// Frames in it.
    frames: u64,
    /// Frames in all.
    total: u64,
    size: usize,
    quiet: bool,
}

impl Rate {
    /// Begins to count.
    pub fn new() -> Rate {
        Rate {
            since: Instant::now(),
            frames: 0,
            total: 0,
            size: 0,
            quiet: false,
        }
    }

    /// Keeps the line to itself.
    pub fn quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// Counts a frame of `size` bytes.
    pub fn count(&mut self, size: usize, counters: &Counters) {
        // A frame that came after the end of a second is one of the next.
        self.tell(counters);
        self.frames += 1;
        self.total += 1;
        self.size = size;
        counters.frames.store(self.total, Relaxed);
    }

    /// Frames in all.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Tells the frames of a second that is over.
    pub fn tell(&mut self, counters: &Counters) {
        let passed = self.since.elapsed();
        if passed < SECOND {
            return;
        }
        counters.per_second.store(self.frames, Relaxed);
        if !self.quiet {
            let (rate, total, size) = (self.frames, self.total, self.size);
            // Who closed the daemon's output does not stop its camera.
            let _ = writeln!(
                io::stdout().lock(),
                "FPS: {rate} | Total frames: {total} | Frame size: {size} bytes"
            );
        }
        self.frames = 0;
        // Second after second, unless one was missed altogether.
        self.since += match passed < 2 * SECOND {
            true => SECOND,
            false => passed,
        };
    }
}
