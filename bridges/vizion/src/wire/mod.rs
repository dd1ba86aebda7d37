//! Bytes and numbers: what lies where in a segment, and which values can be.

#![forbid(unsafe_code)]

mod header;
mod layout;

pub use header::{HEADER_SIZE, Header, SEQUENCE_AT, TOUCHED_AT};
pub use layout::{Layout, NotAFrame};
