//! Counted comparisons: a run that compared nothing is seen by its count.

use std::fmt::Debug;

use crate::Result;

#[derive(Default)]
pub struct Checks(u32);

impl Checks {
    pub fn count(&self) -> u32 {
        self.0
    }

    pub fn equal<T: PartialEq + Debug>(&mut self, what: &str, found: T, wanted: T) -> Result<()> {
        self.0 += 1;
        if found == wanted {
            Ok(())
        } else {
            Err(format!("{what}: found {found:?}, wanted {wanted:?}").into())
        }
    }

    /// Compares long runs of bytes, and tells where they first differ.
    pub fn bytes(&mut self, what: &str, found: &[u8], wanted: &[u8]) -> Result<()> {
        self.equal(&format!("{what}: length"), found.len(), wanted.len())?;
        let differs = found.iter().zip(wanted).position(|(a, b)| a != b);
        self.equal(&format!("{what}: first byte that differs"), differs, None)
    }
}

/// Bytes that look random, another sequence for each seed.
pub fn pattern(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}
