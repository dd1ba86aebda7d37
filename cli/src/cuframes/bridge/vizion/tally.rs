//! What was carried, counted.

use std::time::Instant;

use serde::Serialize;

use crate::bridge::voice::Counts;

/// Counts of a bridge.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    /// Frames that arrived at the other end.
    pub frames: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Frames of the source that this program did not see.
    pub missed: u64,
    /// Frames for which there was no slot in the ring of the key.
    pub dropped_full: u64,
    /// Frames that are larger than the shared memory, or than the key's packets may be.
    pub dropped_size: u64,
    /// Packets that are no JPEG picture.
    pub dropped_broken: u64,
    /// Frames that were written over while they were copied.
    pub torn: u64,
    /// How often somebody has removed the shared memory, and it was made anew.
    pub replaced: u64,
    /// Writers of the shared memory that there were.
    pub peers: u64,
    /// As many frames as wanted were carried.
    #[serde(skip)]
    pub complete: bool,
    #[serde(skip)]
    started: Instant,
}

impl Tally {
    /// Nothing counted.
    pub fn new() -> Tally {
        Tally {
            frames: 0,
            bytes: 0,
            missed: 0,
            dropped_full: 0,
            dropped_size: 0,
            dropped_broken: 0,
            torn: 0,
            replaced: 0,
            peers: 0,
            complete: false,
            started: Instant::now(),
        }
    }

    /// Counts a frame that arrived.
    pub fn carried(&mut self, bytes: usize, wanted: Option<u64>) {
        self.frames += 1;
        self.bytes += bytes as u64;
        self.complete = wanted == Some(self.frames);
    }

    /// All frames that did not arrive, but those that were missed.
    fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_size + self.dropped_broken + self.torn
    }
}

impl Counts for Tally {
    fn is_complete(&self) -> bool {
        self.complete
    }

    fn sentence(&self) -> String {
        format!(
            "{} frames carried, {} dropped, {} missed",
            self.frames,
            self.dropped(),
            self.missed
        )
    }

    fn progress(&self) -> String {
        let rate = self.frames as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        format!(
            "{} frames, {rate:.1} per second, {} dropped",
            self.frames,
            self.dropped()
        )
    }
}
