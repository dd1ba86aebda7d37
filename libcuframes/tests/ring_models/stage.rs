//! What every model plays on: a publisher's ring, its pixels, and two subscribers' pages.

use std::sync::Arc;

use cuframes::ring::{Found, NoPage, Reader, Ring, Shape, Unavailable};
use cuframes::wire::{HEADER_SIZE, SLOT_SIZE, SyncKind};
use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU64, Ordering};

use crate::shared::{Control, Own, PAGES, Page, SLOTS, Table};

/// The frame that `Stage::new` leaves in slot 0, the oldest of the ring.
pub const OLDEST: Found = Found { slot: 0, seq: 1 };

/// The pixels of one slot: the sequence of the frame that they show.
#[derive(Debug, Default)]
struct Pixels {
    shown: AtomicU64,
    /// Touched beside `shown` wherever a lease protects it: the checker then demands that the
    /// accesses of two threads are ordered, not only that the values come out right.
    plain: UnsafeCell<()>,
}

/// A ring of two slots with `newest` frames in it.
#[derive(Clone)]
pub struct Stage {
    pub ring: Arc<Ring<Control, Table>>,
    control: Control,
    pages: [Arc<Page>; PAGES],
    pixels: Arc<[Pixels; SLOTS]>,
    shape: Shape,
    newest: u64,
}

impl Stage {
    /// Frames 1 to `newest` are in slots 0 and up, nobody is listed.
    pub fn new(sync: SyncKind, newest: u64) -> Stage {
        let shape = Shape {
            slots: SLOTS,
            first: HEADER_SIZE,
            stride: SLOT_SIZE,
            sync,
        };
        let control = Control::default();
        let pages: [Arc<Page>; PAGES] = Default::default();
        let ring = Ring::new(control.clone(), Table::new(&pages), shape);
        let stage = Stage {
            ring: Arc::new(ring),
            control,
            pages,
            pixels: Arc::default(),
            shape,
            newest,
        };
        for seq in 1..=newest {
            stage.show(seq as usize - 1, seq);
        }
        stage
    }

    /// The same, with page 1 listed: its subscriber has joined before the model begins.
    pub fn joined(sync: SyncKind, newest: u64) -> Stage {
        let stage = Stage::new(sync, newest);
        stage.ring.list.insert(1);
        stage
    }

    /// The subscriber of page `index`.
    pub fn reader(&self, index: usize) -> Reader<Control, Own> {
        let page = Own::new(&self.pages[index - 1]);
        Reader::new(self.control.clone(), page, self.shape)
    }

    /// Somebody who looks on.
    pub fn observer(&self) -> Reader<Control, NoPage> {
        Reader::new(self.control.clone(), NoPage, self.shape)
    }

    /// Page `index`, for what a GPU does to it.
    pub fn page(&self, index: usize) -> &Page {
        &self.pages[index - 1]
    }

    /// The writer takes a slot for the frame after the newest of the setup.
    pub fn claim(&self) -> Result<usize, Unavailable> {
        self.ring.claim(self.newest, u64::MAX)
    }

    /// The writer fills `slot`, which it claimed, with frame `seq`.
    pub fn draw(&self, slot: usize, seq: u64) {
        self.pixels[slot].plain.with_mut(|_| ());
        self.pixels[slot].shown.store(seq, Ordering::Relaxed);
    }

    /// The writer fills `slot` and publishes it.
    pub fn show(&self, slot: usize, seq: u64) {
        self.draw(slot, seq);
        self.ring.publish(slot, seq, &[0; 7]);
    }

    /// The last step of a lease: the pixels are those of the frame, and nobody writes them.
    pub fn read_leased(&self, found: Found) {
        let shown = self.peek(found.slot);
        assert_eq!(shown, found.seq, "torn frame");
        self.pixels[found.slot].plain.with(|_| ());
    }

    /// The pixels as one sees them who may have lost his lease.
    pub fn peek(&self, slot: usize) -> u64 {
        self.pixels[slot].shown.load(Ordering::Relaxed)
    }

    /// As `draw`, over pixels that somebody without a lease may be looking at.
    pub fn draw_under_readers(&self, slot: usize, seq: u64) {
        self.pixels[slot].shown.store(seq, Ordering::Relaxed);
    }
}
