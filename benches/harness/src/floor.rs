//! What the machine itself needs, for figures of more than one bench.

use crate::memory::SharedBytes;
use crate::{Result, machine};

/// The row of `copy_of_frame`.
pub const COPY_OF_FRAME: &str = "floor: memcpy of a frame into shared memory";

/// Nanoseconds for a copy of a frame of so many bytes into shared memory.
pub fn copy_of_frame(bytes: usize) -> Result<f64> {
    const COPIES: usize = 100;
    let mut memory = SharedBytes::create(bytes)?;
    let frame = vec![7; bytes];
    // The first one touches the pages.
    memory.store(0, &frame);
    let start = machine::now();
    for _ in 0..COPIES {
        memory.store(0, std::hint::black_box(&frame));
    }
    Ok((machine::now() - start) as f64 / COPIES as f64)
}
