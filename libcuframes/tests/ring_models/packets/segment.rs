//! The words of a small packet segment, as atomics of the model checker.

use std::sync::Arc;

use cuframes::ring::packets::PacketShape;
use cuframes::ring::{Words, WordsMut};
use cuframes::wire::{StreamState, packets as at, page};
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const LIVE: u32 = StreamState::Live as u32;

/// The words of a segment that a packet of 8 bytes needs; times are not among them.
#[derive(Debug, Default)]
struct Shared {
    /// 0 while the stream is LIVE.
    closed: AtomicU32,
    head: AtomicU64,
    keyframe: AtomicU64,
    reserved: AtomicU64,
    seq: [AtomicU64; 2],
    pos: [AtomicU64; 2],
    size: [AtomicU64; 2],
    generation: [AtomicU64; 2],
    data: [AtomicU64; 2],
    extradata: AtomicU64,
    codec: AtomicU32,
    extradata_size: AtomicU32,
    extradata_gen: AtomicU32,
    futex: AtomicU32,
    waiting: AtomicU32,
}

/// A packet segment as both sides map it.
#[derive(Clone, Debug)]
pub struct Segment(Arc<Shared>, PacketShape);

impl Segment {
    /// An empty one.
    pub fn new(shape: PacketShape) -> Segment {
        Segment(Arc::default(), shape)
    }

    fn u64(&self, offset: usize) -> Option<&AtomicU64> {
        let shared = &*self.0;
        match offset {
            at::HEAD_SEQ => return Some(&shared.head),
            at::LAST_KEYFRAME_SEQ => return Some(&shared.keyframe),
            at::DATA_HEAD => return Some(&shared.reserved),
            at::EXTRADATA => return Some(&shared.extradata),
            _ => (),
        }
        if offset >= self.1.data {
            return Some(&shared.data[(offset - self.1.data) / 64]);
        }
        let slot = (offset - at::SLOTS) / 64;
        match offset % 64 {
            0x00 => Some(&shared.seq[slot]),
            0x08 => Some(&shared.pos[slot]),
            0x10 => Some(&shared.size[slot]),
            0x38 => Some(&shared.generation[slot]),
            _ => None,
        }
    }

    fn u32(&self, offset: usize) -> &AtomicU32 {
        match offset {
            at::CODEC => &self.0.codec,
            at::EXTRADATA_SIZE => &self.0.extradata_size,
            at::EXTRADATA_GEN => &self.0.extradata_gen,
            at::PACKET_FUTEX => &self.0.futex,
            page::PACKET_WAITING => &self.0.waiting,
            other => panic!("no word at {other:#x}"),
        }
    }
}

impl Words for Segment {
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.u64(offset).map_or(0, |word| word.load(order))
    }

    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        match offset {
            at::STATE => LIVE + self.0.closed.load(order),
            _ => self.u32(offset).load(order),
        }
    }

    fn load_u8(&self, offset: usize, _order: Ordering) -> u8 {
        panic!("no byte at {offset:#x}")
    }
}

impl WordsMut for Segment {
    fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        if let Some(word) = self.u64(offset) {
            word.store(value, order);
        }
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        match offset {
            at::STATE => self.0.closed.store(value - LIVE, order),
            _ => self.u32(offset).store(value, order),
        }
    }

    fn store_u8(&self, offset: usize, _value: u8, _order: Ordering) {
        panic!("no byte at {offset:#x}")
    }

    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_add(value, order)
    }

    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_or(bits, order)
    }

    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.u32(offset).fetch_and(bits, order)
    }
}
