//! `CUvideoctxlock`: a mutex that comes with a context. Who holds it has the context current.

use std::sync::{Condvar, Mutex};
use std::thread::{self, ThreadId};

use crate::abi::code;
use crate::driver::{Handle, Result, driver};

/// A recursive lock: the decoder takes it inside of calls whose callers may hold it already.
pub struct ContextLock {
    context: Handle,
    owner: Mutex<Option<(ThreadId, usize)>>,
    released: Condvar,
}

impl ContextLock {
    pub fn new(context: Handle) -> Self {
        Self {
            context,
            owner: Mutex::new(None),
            released: Condvar::new(),
        }
    }

    /// Waits for the lock, and makes the context current.
    pub fn lock(&self) -> Result<()> {
        self.take();
        driver()
            .and_then(|driver| driver.push(self.context))
            .inspect_err(|_| {
                self.give().expect("taken above");
            })
    }

    /// Takes the context off this thread's stack again; `NOT_PERMITTED` on any other thread.
    pub fn unlock(&self) -> Result<()> {
        self.check_owner()?;
        let popped = driver()?.pop();
        self.give()?;
        popped
    }

    fn take(&self) {
        let me = thread::current().id();
        let mut owner = self
            .owner
            .lock()
            .expect("nobody panics with the lock in hand");
        while owner.is_some_and(|(thread, _)| thread != me) {
            owner = self
                .released
                .wait(owner)
                .expect("nobody panics with the lock in hand");
        }
        let depth = owner.map_or(0, |(_, depth)| depth);
        *owner = Some((me, depth + 1));
    }

    fn check_owner(&self) -> Result<usize> {
        let owner = *self
            .owner
            .lock()
            .expect("nobody panics with the lock in hand");
        match owner {
            Some((thread, depth)) if thread == thread::current().id() => Ok(depth),
            _ => Err(code::NOT_PERMITTED),
        }
    }

    fn give(&self) -> Result<()> {
        let depth = self.check_owner()?;
        let mut owner = self
            .owner
            .lock()
            .expect("nobody panics with the lock in hand");
        *owner = (depth > 1).then(|| (thread::current().id(), depth - 1));
        if owner.is_none() {
            self.released.notify_one();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_owner_gives_the_lock_back_and_as_often_as_it_was_taken() {
        let lock = ContextLock::new(Handle(std::ptr::null_mut()));
        assert_eq!(lock.give(), Err(code::NOT_PERMITTED), "not taken");
        lock.take();
        lock.take();
        thread::scope(|scope| {
            let other = scope.spawn(|| lock.give());
            assert_eq!(other.join().expect("no panic"), Err(code::NOT_PERMITTED));
        });
        lock.give().expect("taken twice");
        lock.give().expect("taken twice");
        thread::scope(|scope| {
            scope.spawn(|| lock.take());
        });
    }
}
