//! How much is measured, and in rings of which size.

use std::sync::atomic::{AtomicU32, Ordering};

/// What precedes a frame in the ring.
pub const HEADER: usize = zerobuffer::FRAME_HEADER_SIZE;
/// Each of the two rings of a round trip: what peers take for it.
pub const DUPLEX_RING: usize = 16 << 20;
/// Sizes of frames. The last is a picture of 1920 x 1080 in a format of 12 bits a pixel.
pub const SIZES: [usize; 4] = [1 << 10, 64 << 10, 1 << 20, 3_110_400];

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Plan {
    /// Payload of a ring that frames go one way in.
    pub ring: usize,
    /// Shows that the program works; its figures say little.
    pub quick: bool,
}

impl Plan {
    pub fn new(quick: bool) -> Self {
        let ring = match quick {
            true => 16 << 20,
            false => zerobuffer::DEFAULT_PAYLOAD_SIZE as usize,
        };
        Plan { ring, quick }
    }

    fn share(&self, count: usize) -> usize {
        match self.quick {
            true => count.div_ceil(20),
            false => count,
        }
    }

    /// Frames until every page of the ring has been touched.
    pub fn lap(&self, size: usize) -> usize {
        lap(self.ring, size)
    }

    /// Frames to copy: some GB.
    pub fn frames(&self, size: usize) -> usize {
        self.share(((4 << 30) / size).clamp(2_000, 2_000_000))
    }

    /// Frames that nobody copies.
    pub fn frames_in_place(&self) -> usize {
        self.share(500_000)
    }

    /// Frames that the peer copies, and how many it copies before that.
    pub fn frames_of_peer(&self, size: usize) -> (usize, usize) {
        let count = self.share(((4 << 30) / size).clamp(2_000, 50_000));
        (count, self.lap(size).min(count))
    }

    /// Round trips one after the other.
    pub fn trips(&self, size: usize) -> u64 {
        self.share(((4 << 30) / size).clamp(2_000, 50_000)) as u64
    }

    /// Round trips of the peer.
    pub fn trips_of_peer(&self) -> u64 {
        self.share(2_000) as u64
    }

    /// Round trips with a pause before each.
    pub fn paced_trips(&self) -> u64 {
        self.share(2_000) as u64
    }

    /// Milliseconds for which a reader is watched that has nothing to do.
    pub fn rest_ms(&self) -> u64 {
        if self.quick { 500 } else { 5_000 }
    }

    /// Buffers to create.
    pub fn creations(&self) -> usize {
        if self.quick { 2 } else { 10 }
    }
}

/// Round trips until every page of both rings has been touched; not counted.
pub fn duplex_lap(size: usize) -> u64 {
    match size {
        0 => 0,
        some => lap(DUPLEX_RING, some) as u64,
    }
}

fn lap(ring: usize, size: usize) -> usize {
    ring / (HEADER + size) + 1
}

/// A size in words.
pub fn in_words(size: usize) -> String {
    match size {
        mib if mib % (1 << 20) == 0 => format!("{} MiB", mib >> 20),
        kib if kib % (1 << 10) == 0 && kib < 1 << 20 => format!("{} KiB", kib >> 10),
        other => format!("{other} B"),
    }
}

/// A name that nobody else on this machine uses.
pub fn unique() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    format!("zerobuffer-bench-{}-{number}", std::process::id())
}
