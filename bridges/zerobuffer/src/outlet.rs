//! What a writer and the place that it has lent have in common.

use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::ring::{Placement, WriterRing};
use crate::sys::{Segment, Semaphore};

/// A buffer, as its writer has it.
#[derive(Debug)]
pub struct Outlet {
    pub name: String,
    pub segment: Segment,
    /// A token for each frame that was written.
    pub frames: Semaphore,
    /// A token for each frame that was given back.
    pub space: Semaphore,
    pub ring: WriterRing,
    pub frames_written: u64,
    pub bytes_written: u64,
}

impl Outlet {
    /// Tells the reader of a frame that lies whole at its place.
    pub fn commit(&mut self, placement: &Placement, sequence: u64, size: usize) -> u64 {
        self.ring.commit(&self.segment, placement, sequence);
        if !planted(Fault::NoPost) {
            self.frames.post();
        }
        reach(Point::FramePosted);
        self.frames_written += 1;
        self.bytes_written += size as u64;
        sequence
    }
}
