//! The reader's algorithms over memory that says anything, and something else at every look.
#![no_main]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use cuframes::ring::{Reader, Shape, Words, WordsMut};
use cuframes::wire::{SEQ_LIMIT, SyncKind};
use libfuzzer_sys::fuzz_target;
use std::sync::atomic::Ordering;

/// Memory of which each load gives the next bytes of the input.
struct Lying<'input> {
    bytes: &'input [u8],
    next: Cell<usize>,
}

impl Lying<'_> {
    fn word(&self) -> u64 {
        let mut word = [0; 8];
        for byte in &mut word {
            let at = self.next.get();
            *byte = self.bytes.get(at).copied().unwrap_or(0);
            self.next.set(at + 1);
        }
        u64::from_le_bytes(word)
    }
}

impl Words for Lying<'_> {
    fn load_u64(&self, _: usize, _: Ordering) -> u64 {
        self.word()
    }

    fn load_u32(&self, _: usize, _: Ordering) -> u32 {
        self.word() as u32
    }

    fn load_u8(&self, _: usize, _: Ordering) -> u8 {
        self.word() as u8
    }
}

/// The reader's own page, which remembers.
#[derive(Default)]
struct Page(RefCell<HashMap<usize, u64>>);

impl Page {
    fn get(&self, offset: usize) -> u64 {
        self.0.borrow().get(&offset).copied().unwrap_or(0)
    }

    fn change(&self, offset: usize, change: impl FnOnce(u32) -> u32) -> u32 {
        let before = self.get(offset) as u32;
        self.0.borrow_mut().insert(offset, change(before).into());
        before
    }
}

impl Words for Page {
    fn load_u64(&self, offset: usize, _: Ordering) -> u64 {
        self.get(offset)
    }

    fn load_u32(&self, offset: usize, _: Ordering) -> u32 {
        self.get(offset) as u32
    }

    fn load_u8(&self, offset: usize, _: Ordering) -> u8 {
        self.get(offset) as u8
    }
}

impl WordsMut for Page {
    fn store_u64(&self, offset: usize, value: u64, _: Ordering) {
        self.0.borrow_mut().insert(offset, value);
    }

    fn store_u32(&self, offset: usize, value: u32, _: Ordering) {
        self.0.borrow_mut().insert(offset, value.into());
    }

    fn store_u8(&self, offset: usize, value: u8, _: Ordering) {
        self.0.borrow_mut().insert(offset, value.into());
    }

    fn add_u32(&self, offset: usize, value: u32, _: Ordering) -> u32 {
        self.change(offset, |word| word.wrapping_add(value))
    }

    fn or_u32(&self, offset: usize, bits: u32, _: Ordering) -> u32 {
        self.change(offset, |word| word | bits)
    }

    fn and_u32(&self, offset: usize, bits: u32, _: Ordering) -> u32 {
        self.change(offset, |word| word & bits)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let slots = 2 + bytes.first().map_or(0, |byte| usize::from(byte % 15));
    let shape = Shape {
        slots,
        first: 256,
        stride: 192,
        sync: SyncKind::Cpu,
    };
    let control = Lying {
        bytes,
        next: Cell::new(1),
    };
    let reader = Reader::new(control, Page::default(), shape);
    while reader.control.next.get() < bytes.len() {
        let latest = reader.latest();
        let wanted = reader.latest() % SEQ_LIMIT;
        let Some(found) = reader.find(wanted, latest) else {
            continue;
        };
        assert!(found.slot < slots && found.seq >= wanted && found.seq < SEQ_LIMIT);
        if reader.lease(found) {
            let _ = reader.release(found.slot, found.seq);
        }
        assert_eq!(reader.page.get(cuframes::wire::page::HELD_MASK), 0);
    }
});
