//! Bytes in and out of shared memory, word by word: somebody may be writing them meanwhile.

use crate::ring::words::{Words, WordsMut};

use super::PacketShape;

/// Copies a packet in at the absolute position `pos`, which is aligned. The last word is
/// filled up with zeros.
#[inline]
pub fn store<C: WordsMut>(segment: &C, shape: &PacketShape, pos: u64, from: &[u8]) {
    let (at, first) = parts(shape, pos, from.len());
    let (head, tail) = from.split_at(first);
    segment.store_bytes(shape.data + at, head);
    segment.store_bytes(shape.data, tail);
}

/// Copies a packet out from the absolute position `pos`, which is aligned.
#[inline]
pub fn load<C: Words>(segment: &C, shape: &PacketShape, pos: u64, to: &mut [u8]) {
    let (at, first) = parts(shape, pos, to.len());
    let (head, tail) = to.split_at_mut(first);
    segment.load_bytes(shape.data + at, head);
    segment.load_bytes(shape.data, tail);
}

/// Where in the data `pos` is, and how many of `len` bytes lie before its end. The end is
/// aligned as well, so that no word is split.
#[inline]
fn parts(shape: &PacketShape, pos: u64, len: usize) -> (usize, usize) {
    let at = (pos % shape.bytes) as usize;
    (at, len.min(shape.bytes as usize - at))
}
