//! Waiting for space.

use std::time::Instant;

use super::Writer;
use crate::error::{Error, Result};
use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::pace::{Pace, spin};
use crate::ring::Placement;

impl Writer {
    /// Waits until there is space for a frame of `size` bytes, and tells where.
    pub(super) fn wait_for_space(
        &mut self,
        size: usize,
        placement: Placement,
    ) -> Result<Placement> {
        let mut placement = placement;
        let deadline = Instant::now().checked_add(self.write_timeout);
        if spin(|| self.free().is_ok_and(|free| free >= placement.need)) {
            return Ok(placement);
        }
        let mut pace = Pace::for_life();
        let mut slept = self.write_timeout.is_zero();
        loop {
            // Tokens of frames that came back while nobody waited say nothing any more; one that
            // comes after this ends the sleep below.
            self.outlet.space.take_all();
            self.clear_suspect();
            let free = self.free()?;
            if free >= placement.need {
                return Ok(placement);
            }
            if placement.need > self.payload_size() && free == self.payload_size() {
                // Tail and frame together are more than there is: the reader gives the tail back
                // first, if it knows how.
                self.outlet.ring.wrap(&self.outlet.segment);
                self.outlet.frames.wake_all();
                placement = self.place(size)?;
                continue;
            }
            self.check_reader(slept)?;
            let Some(limit) = pace.next(deadline) else {
                return Err(Error::BufferFull {
                    name: self.outlet.name.clone(),
                    size: size as u64,
                    timeout: self.write_timeout,
                });
            };
            reach(Point::WaitsForSpace);
            slept = self.outlet.space.sleep(0, limit);
        }
    }

    /// Whether the reader has died is only asked if `ask`, as that asks the kernel.
    fn check_reader(&self, ask: bool) -> Result<()> {
        let is_there = self.reader_pid().is_some() && (!ask || self.reader_lives());
        match is_there || planted(Fault::ReaderDeathUnseen) {
            true => Ok(()),
            false => Err(self.reader_dead()),
        }
    }
}
