//! Where shared words live.

pub use std::sync::atomic::Ordering;

/// What stands in front of a frame; a size of 0 says that the next one is at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the frame.
    pub size: u64,
    /// Its number.
    pub sequence: u64,
}

impl Header {
    /// Says that the next frame is at the beginning of the payload.
    pub const WRAP: Header = Header {
        size: 0,
        sequence: 0,
    };
}

/// Words of a segment. Fields are at the offsets of [`crate::wire::field`]; headers are at any
/// byte of the payload, counted from its beginning.
pub trait Words {
    /// Loads a field.
    fn load(&self, field: usize, order: Ordering) -> u64;
    /// Stores a field.
    fn store(&self, field: usize, value: u64, order: Ordering);
    /// Adds to a field and returns what was there.
    fn add(&self, field: usize, value: u64, order: Ordering) -> u64;
    /// Subtracts from a field and returns what was there.
    fn subtract(&self, field: usize, value: u64, order: Ordering) -> u64;
    /// Replaces a field if it is `old`; true if it was.
    fn replace(&self, field: usize, old: u64, new: u64) -> bool;
    /// Reads the header at `position` of the payload, which has 16 bytes there.
    fn header(&self, position: u64) -> Header;
    /// Writes the header at `position` of the payload, which has 16 bytes there.
    fn set_header(&self, position: u64, header: Header);
}
