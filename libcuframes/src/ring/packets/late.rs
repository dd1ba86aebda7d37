//! Where somebody begins who comes late.

use std::mem::offset_of;

use crate::ring::words::{Ordering, Words};
use crate::wire::PacketSlot;
use crate::wire::packets::{DATA_HEAD, EXTRADATA_GEN, HEAD_SEQ, LAST_KEYFRAME_SEQ};

use super::PacketShape;

/// Offsets in a slot.
const DATA_POS: usize = offset_of!(PacketSlot, data_pos);
const GENERATION: usize = offset_of!(PacketSlot, extradata_gen);

/// The newest key packet, if it is whole in the ring and its extradata is still there; else 0,
/// the next one. Its reader looks again: it may be overwritten before that.
pub fn newest_key<C: Words>(segment: &C, shape: &PacketShape) -> u64 {
    let head = segment.load_u64(HEAD_SEQ, Ordering::Acquire);
    let key = segment.load_u64(LAST_KEYFRAME_SEQ, Ordering::Acquire);
    let at = shape.slot(key);
    let there = key != 0 && segment.load_u64(at, Ordering::Acquire) == key;
    if !there || head.saturating_sub(key) >= shape.slots {
        return 0;
    }
    let pos = segment.load_u64(at + DATA_POS, Ordering::Relaxed);
    let reserved = segment.load_u64(DATA_HEAD, Ordering::Relaxed);
    let generation = segment.load_u32(at + GENERATION, Ordering::Relaxed);
    let current = segment.load_u32(EXTRADATA_GEN, Ordering::Relaxed);
    let whole = reserved.wrapping_sub(pos) <= shape.bytes && generation == current;
    if whole { key } else { 0 }
}
