//! Finding out, by really trying, which ways of sharing frames work here.
//!
//! VMM memory and timelines are tried in this process. CUDA IPC cannot be: the driver lets no
//! process open its own handles. It is tried by a small program that is run for that.

mod answer;
mod facts;
mod helper;
mod message;
mod reason;
mod report;
mod trials;

pub use answer::answer_on_stdout;
pub use facts::{DeviceFacts, DriverFacts, Machine};
pub use reason::Reason;
pub use report::{Outcome, Pair, Report};
pub use trials::Probe;

use crate::error::Result;
use crate::format::{Format, FrameLayout};

/// Tries every pair of memory and order on the first device, and looks at everything that
/// decides about them. Takes up to some seconds; what it makes on the GPU is gone afterwards.
#[must_use]
pub fn probe() -> Report {
    Report::of_device(0)
}

/// [`probe`], on the device of that number.
#[must_use]
pub fn probe_device(ordinal: u32) -> Report {
    Report::of_device(ordinal)
}

/// A frame that is not taken for another one.
struct TrialFrame {
    layout: FrameLayout,
    bytes: Vec<u8>,
}

/// The frame that is written by whoever shares memory and read by whoever opens it.
fn trial_frame() -> Result<TrialFrame> {
    let (width, height) = (256, 16);
    let bytes = (0..width * height).map(|index| (index * 31 + index / 256 + 7) as u8);
    Ok(TrialFrame {
        layout: FrameLayout::new(Format::R8, width, height)?,
        bytes: bytes.collect(),
    })
}
