//! The words of one small ring, as atomics of the model checker.

use std::sync::Arc;

use cuframes::ring::{PageWords, Words, WordsMut};
use cuframes::wire::{HEADER_SIZE, PAGE_SIZE, SLOT_SIZE, control, page};
use loom::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

/// Slots of the ring.
pub const SLOTS: usize = 2;
/// Pages there can be: indices 1 and 2.
pub const PAGES: usize = 2;
/// Entries of `slot_of` that the few sequences of a model use.
const HINTS: usize = 5;

/// The control segment, but for the meta: its words are stored like the pixels, relaxed
/// between the fence after WRITING and the new sequence, and would only make models larger.
#[derive(Debug, Default)]
struct Segment {
    latest: AtomicU64,
    futex: AtomicU32,
    slot_of: [AtomicU8; HINTS],
    seq: [AtomicU64; SLOTS],
}

/// Where a u64 of the control segment is.
enum Place<'a> {
    Word(&'a AtomicU64),
    Meta,
}

impl Segment {
    fn word(&self, offset: usize) -> Place<'_> {
        if offset == control::LATEST_SEQ {
            return Place::Word(&self.latest);
        }
        let in_slots = offset - HEADER_SIZE;
        match in_slots % SLOT_SIZE {
            0 => Place::Word(&self.seq[in_slots / SLOT_SIZE]),
            _ => Place::Meta,
        }
    }

    fn futex(&self, offset: usize) -> &AtomicU32 {
        assert_eq!(offset, control::PUBLISH_FUTEX);
        &self.futex
    }
}

/// The control segment as both sides map it.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<Segment>);

impl Words for Control {
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        match self.0.word(offset) {
            Place::Word(word) => word.load(order),
            Place::Meta => 0,
        }
    }

    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        self.0.futex(offset).load(order)
    }

    fn load_u8(&self, offset: usize, order: Ordering) -> u8 {
        self.0.slot_of[offset - control::SLOT_OF].load(order)
    }
}

impl WordsMut for Control {
    fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        if let Place::Word(word) = self.0.word(offset) {
            word.store(value, order);
        }
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.0.futex(offset).store(value, order);
    }

    fn store_u8(&self, offset: usize, value: u8, order: Ordering) {
        self.0.slot_of[offset - control::SLOT_OF].store(value, order);
    }

    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.0.futex(offset).fetch_add(value, order)
    }

    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.0.futex(offset).fetch_or(bits, order)
    }

    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.0.futex(offset).fetch_and(bits, order)
    }
}

/// The page of one subscriber.
#[derive(Debug, Default)]
pub struct Page {
    evicted: AtomicU32,
    held_mask: AtomicU32,
    waiting: AtomicU32,
    lease_seq: [AtomicU64; SLOTS],
    ack_seq: [AtomicU64; SLOTS],
}

impl Page {
    fn u64(&self, offset: usize) -> &AtomicU64 {
        match offset >= page::LEASE_SEQ {
            true => &self.lease_seq[(offset - page::LEASE_SEQ) / 8],
            false => &self.ack_seq[(offset - page::ACK_SEQ) / 8],
        }
    }

    fn u32(&self, offset: usize) -> &AtomicU32 {
        match offset {
            page::EVICTED => &self.evicted,
            page::HELD_MASK => &self.held_mask,
            page::WAITING => &self.waiting,
            other => panic!("no word at {other:#x}"),
        }
    }

    /// What a stream of the subscriber does when it has read `slot` for the last time.
    pub fn acknowledge(&self, slot: usize, seq: u64) {
        self.ack_seq[slot].store(seq, Ordering::Release);
    }
}

/// A page as its subscriber maps it.
#[derive(Debug)]
pub struct Own(Arc<Page>);

impl Own {
    pub fn new(page: &Arc<Page>) -> Own {
        Own(Arc::clone(page))
    }
}

impl Words for Own {
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.0.u64(offset).load(order)
    }

    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        self.0.u32(offset).load(order)
    }

    fn load_u8(&self, offset: usize, _order: Ordering) -> u8 {
        panic!("no byte at {offset:#x}")
    }
}

impl WordsMut for Own {
    fn store_u64(&self, offset: usize, value: u64, order: Ordering) {
        self.0.u64(offset).store(value, order);
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.0.u32(offset).store(value, order);
    }

    fn store_u8(&self, offset: usize, _value: u8, _order: Ordering) {
        panic!("no byte at {offset:#x}")
    }

    fn add_u32(&self, offset: usize, value: u32, order: Ordering) -> u32 {
        self.0.u32(offset).fetch_add(value, order)
    }

    fn or_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.0.u32(offset).fetch_or(bits, order)
    }

    fn and_u32(&self, offset: usize, bits: u32, order: Ordering) -> u32 {
        self.0.u32(offset).fetch_and(bits, order)
    }
}

/// All pages as the publisher maps them.
#[derive(Debug)]
pub struct Table([Arc<Page>; PAGES]);

impl Table {
    pub fn new(pages: &[Arc<Page>; PAGES]) -> Table {
        Table(pages.clone())
    }

    fn page(&self, offset: usize) -> &Page {
        &self.0[offset / PAGE_SIZE - 1]
    }
}

impl PageWords for Table {
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.page(offset).u64(offset % PAGE_SIZE).load(order)
    }

    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        self.page(offset).u32(offset % PAGE_SIZE).load(order)
    }

    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        let word = self.page(offset).u32(offset % PAGE_SIZE);
        word.store(value, order);
    }
}
