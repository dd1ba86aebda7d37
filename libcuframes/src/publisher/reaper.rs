//! Sync CPU on a GPU: a thread that makes frames visible, in their order, when their pixels
//! are complete.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::session::Epoch;
use crate::wire::{MAX_SLOTS, SlotMeta};

/// Between two looks at how far the thread is, when it is waited for.
const PAUSE: Duration = Duration::from_micros(200);

/// A frame that becomes visible later.
#[derive(Debug)]
pub(super) struct Deferred {
    pub epoch: Arc<Epoch>,
    pub slot: usize,
    pub meta: SlotMeta,
}

/// The thread, and how far it is.
#[derive(Debug)]
pub(super) struct Reaper {
    frames: Option<SyncSender<Deferred>>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    /// Frames taken care of, visible or not.
    done: AtomicU64,
    /// The newest visible sequence.
    shown: AtomicU64,
    /// The GPU failed: nothing that it was given will be complete.
    failed: AtomicBool,
}

impl Reaper {
    pub fn start() -> Result<Self> {
        // Every deferred frame has a slot of its own, so there is always room.
        let (frames, queue) = sync_channel(MAX_SLOTS);
        let progress = Arc::new(Progress::default());
        let shared = Arc::clone(&progress);
        let thread = std::thread::Builder::new()
            .name("cuframes-reaper".to_owned())
            .spawn(move || run(&queue, &shared))
            .map_err(Error::system("start the thread that waits for the GPU"))?;
        Ok(Reaper {
            frames: Some(frames),
            progress,
            thread: Some(thread),
        })
    }

    /// Makes `frame` visible when its pixels are complete, after all that were given before.
    pub fn push(&self, frame: Deferred) {
        if let Some(frames) = &self.frames {
            // The thread ends only after this end of the queue.
            let _ = frames.send(frame);
        }
    }

    /// True if the GPU failed: frames are no longer taken.
    pub fn has_failed(&self) -> bool {
        self.progress.failed.load(Ordering::Acquire)
    }

    /// Frames that were taken care of so far.
    pub fn done(&self) -> u64 {
        self.progress.done.load(Ordering::Acquire)
    }

    /// Waits until the first `count` frames are taken care of, and tells the newest that became
    /// visible; nothing if they are not by `deadline`.
    pub fn drain(&self, count: u64, deadline: Instant) -> Option<u64> {
        while self.done() < count {
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
        Some(self.progress.shown.load(Ordering::Acquire))
    }

    /// A new epoch has a GPU that works.
    pub fn recover(&self) {
        self.progress.failed.store(false, Ordering::Release);
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        self.frames = None;
        // A thread that still waits for a GPU is left behind, with the memory that it waits for.
        if let Some(thread) = self.thread.take().filter(JoinHandle::is_finished) {
            let _ = thread.join();
        }
    }
}

fn run(queue: &Receiver<Deferred>, progress: &Progress) {
    for frame in queue {
        let Deferred { epoch, slot, meta } = frame;
        let complete = match &epoch.order {
            Some(order) if !progress.failed.load(Ordering::Relaxed) => order.wait(slot),
            _ => Ok(()),
        };
        if let Err(error) = complete {
            tracing::error!(%error, seq = meta.seq, "a frame was never completed");
            progress.failed.store(true, Ordering::Release);
        }
        match progress.failed.load(Ordering::Relaxed) {
            true => epoch.ring.discard(slot),
            false => {
                epoch.show(slot, &meta);
                progress.shown.store(meta.seq, Ordering::Release);
            }
        }
        // Before it is counted: who waits for that may be about to free everything.
        drop(epoch);
        progress.done.fetch_add(1, Ordering::Release);
    }
}
