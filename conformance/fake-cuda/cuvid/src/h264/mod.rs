//! As much of H.264 as a parser needs that never decodes a macroblock: where pictures begin,
//! how large they are, and in what order they are shown.
//!
//! Progressive 4:2:0 of 8 bits, with picture order count of type 0 or 2. The rest is refused.

mod bits;
mod nal;
mod order;
mod slice;
mod sps;

pub use nal::{Nal, nals};
pub use order::Order;
pub use slice::Slice;
pub use sps::Sps;

/// `nal_unit_type`s that matter here.
pub const SLICE: u8 = 1;
pub const IDR_SLICE: u8 = 5;
pub const SPS: u8 = 7;
