//! Where the words of a slot lie.

use crate::wire::{Geometry, SyncKind};

/// What the algorithms need to know of a control segment: strides and counts, validated once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Slots of the ring, 2 to 16.
    pub slots: usize,
    /// Offset of the first slot descriptor.
    pub first: usize,
    /// Bytes from one slot descriptor to the next.
    pub stride: usize,
    /// How a release becomes complete.
    pub sync: SyncKind,
}

impl Shape {
    /// Offset of the descriptor of `slot`; its sequence is its first word.
    #[inline]
    pub fn slot(&self, slot: usize) -> usize {
        self.first + slot * self.stride
    }
}

impl From<&Geometry> for Shape {
    fn from(geometry: &Geometry) -> Self {
        Shape {
            slots: geometry.slot_count as usize,
            first: geometry.header_size as usize,
            stride: geometry.slot_size as usize,
            sync: geometry.sync,
        }
    }
}
