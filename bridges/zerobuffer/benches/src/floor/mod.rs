//! The floor: what this machine needs for the like with nothing of ours in between.

mod copy;
mod exchange;
#[allow(unsafe_code)]
mod segment;
#[allow(unsafe_code)]
mod semaphore;

pub use copy::{copy_in, copy_in_and_out};
pub use exchange::{Wait, echo, exchange};
pub use segment::{Segment, faults};
