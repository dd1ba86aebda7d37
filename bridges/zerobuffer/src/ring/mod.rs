//! The algorithm: where frames go, when they can be read, when their space is free again.
//!
//! It works on words through [`Words`]: those of a mapping in the library, others in tests.

#![forbid(unsafe_code)]

mod held;
mod lap;
mod reader;
mod words;
mod writer;

#[cfg(test)]
mod tests;

pub use held::{Held, Returned};
pub use lap::{Unread, finish_first, next_sequence, unread};
pub use reader::{ReadFault, ReaderRing, Span};
pub use words::{Header, Words};
pub use writer::{Placement, Refused, WriterRing};

use crate::wire::HEADER_SIZE;

/// True if no header fits between `position` and the end, and it is not the end itself.
fn is_stub(position: u64, payload: u64) -> bool {
    let tail = payload - position;
    tail > 0 && tail < HEADER_SIZE as u64
}
