//! A mapping whose user is interrupted at random, between any two of its accesses and in the
//! middle of its copies: what a scheduler does to a process, but often.

use std::cell::Cell;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::ring::{Words, WordsMut};
use crate::sys::{ReadMap, WriteMap};
use crate::wire::packets::{CODEC, EXTRADATA, EXTRADATA_SIZE};

/// Bytes that are copied without an interruption.
const PIECE: usize = 256;

/// `map`, with interruptions that last until `written` has gone on for some packets.
pub struct Restless<'test, Map> {
    map: Map,
    written: &'test AtomicU64,
    random: Cell<u64>,
    /// One access of so many is interrupted.
    rarity: u64,
    /// For how many packets.
    lasting: Range<u64>,
}

impl<'test> Restless<'test, ReadMap> {
    /// A reader that stops while up to a dozen packets are written.
    pub fn reader(map: ReadMap, written: &'test AtomicU64, seed: u64) -> Self {
        Restless {
            map,
            written,
            random: Cell::new(seed),
            rarity: 200,
            lasting: 1..12,
        }
    }
}

impl<'test> Restless<'test, WriteMap> {
    /// A writer that gives its turn to somebody else.
    pub fn writer(map: WriteMap, written: &'test AtomicU64) -> Self {
        Restless {
            map,
            written,
            random: Cell::new(1),
            rarity: 400,
            lasting: 0..1,
        }
    }
}

impl<Map> Restless<'_, Map> {
    fn random(&self, below: u64) -> u64 {
        let mut state = self.random.get();
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        self.random.set(state);
        (state >> 16) % below
    }

    /// Perhaps an interruption before the access to `offset`. Extradata is rarely read, so
    /// that it must be interrupted more often to be met.
    fn rest(&self, offset: usize) {
        let rarity = match offset {
            CODEC | EXTRADATA_SIZE | EXTRADATA => self.rarity / 100,
            _ => self.rarity,
        };
        if self.random(rarity) != 0 {
            return;
        }
        let packets = self.lasting.start + self.random(self.lasting.end - self.lasting.start);
        let resume = self.written.load(Ordering::Relaxed).saturating_add(packets);
        thread::yield_now();
        while self.written.load(Ordering::Relaxed) < resume {
            thread::yield_now();
        }
    }
}

macro_rules! words {
    ($map:ty) => {
        impl Words for Restless<'_, $map> {
            fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
                self.rest(offset);
                self.map.load_u64(offset, order)
            }

            fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
                self.rest(offset);
                self.map.load_u32(offset, order)
            }

            fn load_u8(&self, offset: usize, order: Ordering) -> u8 {
                self.rest(offset);
                self.map.load_u8(offset, order)
            }

            fn load_bytes(&self, offset: usize, to: &mut [u8]) {
                for (index, piece) in to.chunks_mut(PIECE).enumerate() {
                    self.rest(offset);
                    self.map.load_bytes(offset + index * PIECE, piece);
                }
            }
        }
    };
}

words!(ReadMap);
words!(WriteMap);

impl WordsMut for Restless<'_, WriteMap> {
    fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        self.rest(offset);
        self.map.store_u64(offset, value, order);
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.rest(offset);
        self.map.store_u32(offset, value, order);
    }

    fn store_u8(&self, offset: usize, value: u8, order: Ordering) {
        self.rest(offset);
        self.map.store_u8(offset, value, order);
    }

    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.map.add_u32(offset, value, order)
    }

    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.map.or_u32(offset, bits, order)
    }

    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.map.and_u32(offset, bits, order)
    }

    fn store_bytes(&self, offset: usize, from: &[u8]) {
        for (index, piece) in from.chunks(PIECE).enumerate() {
            self.rest(offset);
            self.map.store_bytes(offset + index * PIECE, piece);
        }
    }
}
