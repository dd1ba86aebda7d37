//! Ending a read that waits.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Shared;

/// Ends a read that waits, once; one that comes later, if none waits.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Shared>);

impl Waker {
    pub(crate) fn new(shared: &Arc<Shared>) -> Self {
        Waker(Arc::clone(shared))
    }

    /// Lets the read that waits return `None`.
    pub fn wake(&self) {
        self.0.wake.store(true, Ordering::SeqCst);
        // It may be about to fall asleep, and then is not woken: so until it has seen it.
        while self.0.asleep.load(Ordering::SeqCst) && self.0.wake.load(Ordering::SeqCst) {
            self.0.frames.wake_all();
            std::thread::yield_now();
        }
    }
}

impl Shared {
    /// Says that a read waits, until the value is dropped.
    pub fn waiting(&self) -> impl Drop {
        struct Waiting<'a>(&'a Shared);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.asleep.store(false, Ordering::SeqCst);
            }
        }
        self.asleep.store(true, Ordering::SeqCst);
        Waiting(self)
    }

    /// True if somebody wants the read to end; said once.
    pub fn take_wake(&self) -> bool {
        self.wake.swap(false, Ordering::SeqCst)
    }
}
