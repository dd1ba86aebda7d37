//! The encoded packet ring: one writer, any number of readers, nobody waits for anybody.
//!
//! The writer overwrites the oldest packets; a reader copies one and looks afterwards whether
//! it was whole. Two things can be overwritten under it, the slot and the data, and a large
//! packet may run over data whose slot is intact: both are looked at again.

mod bytes;
mod extradata;
mod late;
mod reader;
#[cfg(all(test, not(loom)))]
mod tests;
mod writer;

pub use extradata::{Params, Unread};
pub use late::newest_key;
pub use reader::{Next, PacketReader};
pub use writer::{PacketMeta, PacketWriter, Refused};

use crate::ring::words::Words;
use crate::wire::PacketGeometry;
use crate::wire::packets::{PACKET_SLOT_SIZE, SLOTS};

/// Codec and extradata as the header has them now.
pub fn read_params<C: Words>(segment: &C) -> Result<Params, Unread> {
    extradata::load(segment, None)
}

/// What the algorithms need to know of a packet segment, validated once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketShape {
    /// Slots, a power of two.
    pub slots: u64,
    /// Offset of the first byte of data.
    pub data: usize,
    /// Bytes of data, a power of two.
    pub bytes: u64,
}

impl PacketShape {
    /// Offset of the slot of packet `seq`; its sequence is its first word.
    #[inline]
    pub fn slot(&self, seq: u64) -> usize {
        SLOTS + (seq % self.slots) as usize * PACKET_SLOT_SIZE
    }
}

impl From<&PacketGeometry> for PacketShape {
    fn from(geometry: &PacketGeometry) -> Self {
        PacketShape {
            slots: geometry.slot_count.into(),
            data: geometry.data(),
            bytes: geometry.data_size,
        }
    }
}
