//! The slots that a decoder has: being written, or published and still referred to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use cuframes::publisher::PublishedFrame;
use cuframes::{Error, FrameLayout, FrameMeta, Publisher, WritableFrame};

/// A publisher whose slots a decoder may take from any of its threads.
#[derive(Debug)]
pub struct Slots {
    publisher: Mutex<Option<Publisher>>,
    /// How many may be held at a time: a frame that is copied finds one nevertheless, beside
    /// the newest.
    most: usize,
    /// By the address of the first byte. Never locked while the publisher is waited for.
    held: Mutex<HashMap<usize, Held>>,
    /// What the decoder asked for last.
    asked: Mutex<Option<Asked>>,
}

/// Memory that a decoder wants for a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Of the picture, with the room.
    pub layout: FrameLayout,
    /// Width and height of whole blocks, and of what is read beyond them.
    pub room: (u32, u32),
}

/// A slot that some buffer of the decoder's refers to.
#[derive(Debug)]
enum Held {
    Writable {
        frame: WritableFrame<'static>,
        epoch: u64,
    },
    /// Kept for its drop, which gives the slot back.
    Published { _hold: PublishedFrame },
}

impl Slots {
    /// The slots of `publisher`, so many of them.
    pub fn new(publisher: Publisher, slots: u32) -> Slots {
        Slots {
            publisher: Mutex::new(Some(publisher)),
            most: (slots as usize).saturating_sub(2),
            held: Mutex::default(),
            asked: Mutex::default(),
        }
    }

    /// Does something with the publisher, unless it was taken away.
    pub fn with<R>(&self, use_it: impl FnOnce(&mut Publisher) -> R) -> Option<R> {
        lock(&self.publisher).as_mut().map(use_it)
    }

    /// Takes the publisher away. Slots that are still referred to stay what they are.
    pub fn take_publisher(&self) -> Option<Publisher> {
        lock(&self.publisher).take()
    }

    /// A slot for such a picture: its first byte. `None` if the publisher has
    /// another layout, or no slot is free; one that a strict reader is about to give back is
    /// waited for.
    pub fn take(&self, asked: Asked) -> Option<*mut u8> {
        *lock(&self.asked) = Some(asked);
        let mut publisher = lock(&self.publisher);
        let publisher = publisher.as_mut()?;
        if *publisher.layout() != asked.layout || lock(&self.held).len() >= self.most {
            return None;
        }
        let frame = publisher.acquire_or_else().ok()??;
        let first = frame.plane_ptr(0);
        // A slot on a GPU has no address here.
        if first.is_null() {
            return None;
        }
        let epoch = publisher.epoch();
        lock(&self.held).insert(first.addr(), Held::Writable { frame, epoch });
        Some(first)
    }

    /// Nobody refers to the slot at `address` any more.
    pub fn give_back(&self, address: usize) {
        let held = lock(&self.held).remove(&address);
        drop(held);
    }

    /// What the decoder asked for last.
    pub fn asked(&self) -> Option<Asked> {
        *lock(&self.asked)
    }

    /// Publishes the picture whose first byte is at `address`, if it is a slot of the present
    /// epoch and was not published before.
    pub fn publish(&self, address: usize, meta: &FrameMeta) -> Result<Option<u64>, Error> {
        let mut publisher = lock(&self.publisher);
        let Some(publisher) = publisher.as_mut() else {
            return Ok(None);
        };
        let mut held = lock(&self.held);
        let present = publisher.epoch();
        let is_ours =
            |held: &Held| matches!(held, Held::Writable { epoch, .. } if *epoch == present);
        if !held.get(&address).is_some_and(is_ours) {
            return Ok(None);
        }
        let Some(Held::Writable { frame, .. }) = held.remove(&address) else {
            return Ok(None);
        };
        let hold = publisher.publish(frame, meta)?;
        let seq = hold.seq();
        held.insert(address, Held::Published { _hold: hold });
        Ok(Some(seq))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is half done in there when something panics.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
