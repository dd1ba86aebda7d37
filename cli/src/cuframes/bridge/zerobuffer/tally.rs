//! What was carried, counted.

use std::time::Instant;

use serde::Serialize;

use crate::bridge::voice::Counts;

/// Counts of a bridge.
#[derive(Clone, Debug, Serialize)]
pub struct Tally {
    /// Frames that arrived at the other end.
    pub frames: u64,
    /// Bytes of those, in the buffer.
    pub bytes: u64,
    /// Frames of a key that its subscriber did not see.
    pub missed: u64,
    /// Frames for which there was no room: in the buffer, or in the ring of the key.
    pub dropped_full: u64,
    /// Frames of a key that came while the buffer had no reader.
    pub dropped_alone: u64,
    /// Frames of a buffer that have another size than their description says.
    pub dropped_size: u64,
    /// Readers or writers of the buffer that there were.
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
            dropped_alone: 0,
            dropped_size: 0,
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
    pub fn dropped(&self) -> u64 {
        self.dropped_full + self.dropped_alone + self.dropped_size
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
