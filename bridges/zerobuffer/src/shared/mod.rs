//! What a reader and the frames that it has lent have in common.

mod waking;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failpoint::{Point, reach};
use crate::fault::{Fault, planted};
use crate::ring::{Held, ReaderRing, Returned, Words};
use crate::sys::{Lock, Segment, Semaphore, is_same_file, remove_shared, shared_dir};
use crate::wire::{Names, field, frame_bytes};
pub use waking::Waker;

/// A buffer, as its reader has it. Frames keep the memory of it; the names go with the reader.
#[derive(Debug)]
pub struct Shared {
    pub name: String,
    pub segment: Segment,
    /// A token for each frame that was written.
    pub frames: Semaphore,
    /// A token for each frame that was given back.
    pub space: Semaphore,
    pub held: Held,
    lock: Mutex<Option<Lock>>,
    wake: AtomicBool,
    asleep: AtomicBool,
}

impl Shared {
    pub fn new(name: &str, segment: Segment, [frames, space]: [Semaphore; 2], lock: Lock) -> Self {
        Shared {
            name: name.to_owned(),
            held: Held::new(segment.payload()),
            segment,
            frames,
            space,
            lock: Mutex::new(Some(lock)),
            wake: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
        }
    }

    /// A frame is not needed any more.
    pub fn release(&self, number: u64) {
        self.held.release(number);
        self.give_back();
    }

    /// Gives back what no older frame keeps.
    pub fn give_back(&self) {
        self.held.take(|returned| self.return_space(returned));
    }

    /// Gives back the space of one frame, whatever is held before it: what a control plants.
    pub fn release_at_once(&self, size: u64) {
        let bytes = frame_bytes(size).unwrap_or(0);
        self.return_space(Returned { bytes, frames: 1 });
    }

    fn return_space(&self, returned: Returned) {
        ReaderRing::give_back(&self.segment, returned);
        for _ in 0..returned.frames {
            self.space.post();
        }
    }

    /// Tells the writer that nobody reads any more, and removes the names: still under the lock,
    /// so that they are not those of the next reader.
    pub fn close(&self) {
        let mut lock = self
            .lock
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let Some(lock) = lock.take() else {
            return;
        };
        self.segment.store(field::READER_PID, 0, Ordering::SeqCst);
        self.space.wake_all();
        let names = Names::new(&self.name);
        if !self.has_its_name(&names) {
            tracing::warn!(
                name = self.name,
                "somebody else removed the buffer; nothing is removed"
            );
            return;
        }
        let mut files = vec![&names.frames, &names.space, &names.segment];
        if planted(Fault::LeakSemaphores) {
            files.drain(..2);
        }
        for (index, file) in files.into_iter().enumerate() {
            if let Err(error) = remove_shared(file) {
                tracing::warn!(name = self.name, file, %error, "a file of the buffer stays");
            }
            if index == 1 {
                reach(Point::SemaphoresRemoved);
            }
        }
        drop(lock);
    }

    /// True if the file that is locked still has its name.
    pub fn has_lock(&self) -> bool {
        let lock = self
            .lock
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        lock.as_ref().is_some_and(Lock::is_named)
    }

    fn has_its_name(&self, names: &Names) -> bool {
        shared_dir().is_ok_and(|dir| is_same_file(dir, &names.segment, self.segment.file()))
    }
}
