//! The newest picture of a camera, for all who want it.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard};

use super::picture::Picture;

/// Buffers that the driver has at any time: one that it fills, and one to go on with. Pictures are
/// passed over before it would have less, as it would lose them then, and more with them.
pub const RESERVE: usize = 2;

/// The newest picture, until there is a newer one.
#[derive(Default)]
pub struct Feed {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    latest: Option<Arc<Picture>>,
    /// Number of the newest picture that there was.
    newest: i64,
    /// Pictures that were passed over as too many buffers are lent.
    short: u64,
    bells: Vec<Arc<OwnedFd>>,
    is_over: bool,
}

impl Feed {
    /// A picture came.
    pub fn offer(&self, picture: Picture) {
        let mut state = self.lock();
        state.newest = picture.number;
        // The driver has it back now, unless it is lent.
        state.latest = None;
        if picture.owner.spare() < RESERVE {
            state.short += 1;
            return;
        }
        state.latest = Some(Arc::new(picture));
        state.ring();
    }

    /// A picture came that is of no use.
    pub fn pass_over(&self, number: i64) {
        self.lock().newest = number;
    }

    /// There will be no more.
    pub fn end(&self) {
        let mut state = self.lock();
        state.latest = None;
        state.is_over = true;
        state.ring();
    }

    pub fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Rings for each picture from now on.
    pub fn subscribe(&self, bell: Arc<OwnedFd>) {
        let mut state = self.lock();
        state.bells.push(bell);
        state.ring();
    }

    pub fn unsubscribe(&self, bell: &Arc<OwnedFd>) {
        self.lock().bells.retain(|one| !Arc::ptr_eq(one, bell));
    }

    /// The newest picture, if there is one behind `last`.
    pub fn newest(&self, last: Option<i64>) -> Option<Arc<Picture>> {
        let state = self.lock();
        let latest = state.latest.as_ref();
        latest.filter(|latest| Some(latest.number) > last).cloned()
    }

    /// Pictures behind `last` that nobody will get any more who has not got them.
    pub fn passed_over(&self, last: i64) -> u64 {
        let state = self.lock();
        let latest = state.latest.as_ref();
        let is_there = latest.is_some_and(|latest| latest.number > last);
        let behind = u64::try_from(state.newest - last).unwrap_or_default();
        behind.saturating_sub(is_there.into())
    }

    pub fn short(&self) -> u64 {
        self.lock().short
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything can panic.
        self.state
            .lock()
            .unwrap_or_else(|broken| broken.into_inner())
    }
}

impl State {
    fn ring(&self) {
        for bell in &self.bells {
            // It only ever fails if it was rung 2^64 times.
            let _ = rustix::io::write(bell.as_fd(), &1u64.to_ne_bytes());
        }
    }
}
