//! The parts of an [`Actor`](super::actor::Actor) in campaigns: to go on until something ends it.

use std::time::Duration;

use zerobuffer::Error;

use super::role::Role;
use super::{is_whole, write};

impl Role {
    /// Reads `count` frames, and tells the numbers of the first and the last.
    pub(super) fn take(&mut self, count: u64) -> Result<String, Error> {
        let (mut first, mut last) = (0, 0);
        for taken in 0..count {
            let Some(frame) = self.next(25_000)? else {
                return Ok(format!("took only {taken}"));
            };
            if !is_whole(&frame) {
                return Ok(format!("torn: {}", frame.sequence()));
            }
            last = frame.sequence();
            first = if taken == 0 { last } else { first };
        }
        Ok(format!("took {count} {first} {last}"))
    }

    /// Reads what a writer writes until it is gone, or as long as there is none.
    pub(super) fn follow(&mut self) -> Result<String, Error> {
        let (mut count, mut last) = (0, 0);
        loop {
            match self.next(100) {
                Ok(Some(frame)) if !is_whole(&frame) => {
                    return Ok(format!("torn: {}", frame.sequence()));
                }
                Ok(Some(frame)) => (count, last) = (count + 1, frame.sequence()),
                Ok(None) if self.reader().is_writer_connected(Duration::ZERO) => {}
                Ok(None) | Err(Error::WriterDead { .. }) => {
                    return Ok(format!("followed {count} {last}"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes until that fails.
    pub(super) fn pump(&mut self, size: usize) -> Result<String, Error> {
        let mut count = 0;
        loop {
            match write(self.writer(), size) {
                Ok(_) => count += 1,
                Err(error) => return Ok(format!("pumped {count} {}", error.kind())),
            }
        }
    }

    /// Writes whatever comes of it; how many writes failed.
    pub(super) fn toil_writing(&mut self, rounds: u64) -> String {
        let mut failed = 0;
        for round in 0..rounds {
            let size = 1 + (round as usize * 37) % 2000;
            failed += u32::from(write(self.writer(), size).is_err());
            failed += u32::from(self.in_place(size).is_err());
            if failed > 5 {
                // Where there is no reader any more another might come.
                let _ = self.connect();
                if self.writer.is_none() {
                    break;
                }
                self.writer().set_write_timeout(Duration::from_millis(1));
            }
        }
        format!("failed {failed}")
    }

    /// Reads whatever comes; how many reads failed. Frames are held for a while.
    pub(super) fn toil_reading(&mut self, rounds: u64) -> String {
        let mut failed = 0;
        for _ in 0..rounds {
            match self.next(2) {
                Ok(Some(frame)) => {
                    let bytes = frame.to_vec();
                    assert_eq!(bytes.len(), frame.len());
                    self.held.push(frame);
                }
                Ok(None) => {}
                Err(_) => failed += 1,
            }
            if self.held.len() > 2 {
                self.held.swap_remove(0);
            }
            failed += u32::from(self.reader().metadata().is_err());
        }
        self.held.clear();
        format!("failed {failed}")
    }
}
