//! Numbers by chance that a failed run can repeat.

use std::time::{Duration, SystemTime};

/// A small generator. Its seed is printed, and can be given by ZEROBUFFER_SEED.
pub struct Chance(u64);

impl Chance {
    /// Seeded by the clock, or by the environment.
    pub fn new() -> Self {
        let given = std::env::var("ZEROBUFFER_SEED");
        let seed = given.ok().and_then(|seed| seed.parse().ok());
        let seed = seed.unwrap_or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            now.map_or(1, |now| now.as_nanos() as u64)
        });
        println!("ZEROBUFFER_SEED={seed}");
        Chance::of(seed)
    }

    /// With this seed.
    pub fn of(seed: u64) -> Self {
        Chance(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to, but not including, `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.any() % limit
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    /// Lets a moment pass, less than `limit`: not to wait for something, but so that what
    /// follows happens at some moment.
    pub fn pause(&mut self, limit: Duration) {
        let nanos = self.below(limit.as_nanos() as u64);
        std::thread::sleep(Duration::from_nanos(nanos));
    }
}
