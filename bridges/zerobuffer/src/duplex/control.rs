//! What a running server and those who hold it tell each other.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use tracing::error;

use super::error::ServerError;
use super::watch::Signal;
use crate::Waker;

/// Locks, also after a panic: what is inside is whole at any time.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type OnEnd = Box<dyn FnOnce() + Send>;

#[derive(Default)]
struct State {
    /// Counts the comings and goings of response buffers.
    changes: u64,
    ended: bool,
    /// The last error, and the one that ended it.
    last: Option<Arc<ServerError>>,
    fatal: Option<Arc<ServerError>>,
    /// The threads that run handlers.
    threads: Vec<ThreadId>,
    on_end: Option<OnEnd>,
}

/// One life of a server, from start to end.
pub(super) struct Control {
    stopping: AtomicBool,
    state: Mutex<State>,
    told: Condvar,
    waker: Waker,
    signal: Signal,
}

impl Control {
    pub(super) fn new(waker: Waker, signal: Signal) -> Self {
        Control {
            stopping: AtomicBool::new(false),
            state: Mutex::default(),
            told: Condvar::new(),
            waker,
            signal,
        }
    }

    /// Asks for the end; returns at once.
    pub(super) fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        let state = lock(&self.state);
        self.signal.raise();
        drop(state);
        self.told.notify_all();
        self.waker.wake();
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// What ends the wait of the watching thread.
    pub(super) fn signal(&self) -> &Signal {
        &self.signal
    }

    /// A response buffer came or went.
    pub(super) fn changed(&self) {
        lock(&self.state).changes += 1;
        self.told.notify_all();
        self.waker.wake();
    }

    pub(super) fn changes(&self) -> u64 {
        lock(&self.state).changes
    }

    /// Waits for another count of changes than `seen`, the stop or the deadline.
    pub(super) fn wait_for_change(&self, seen: u64, deadline: Option<Instant>) {
        let mut state = lock(&self.state);
        while state.changes == seen && !self.stopping() {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => return,
                Some(left) => {
                    let waited = self.told.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self
                    .told
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// Keeps an error that the server goes on with.
    pub(super) fn note(&self, error: ServerError) {
        error!(%error, "duplex server");
        lock(&self.state).last = Some(Arc::new(error));
    }

    /// Keeps the error that the server ends with; the first one counts.
    pub(super) fn fail(&self, error: ServerError) {
        error!(%error, "duplex server ends");
        let error = Arc::new(error);
        let mut state = lock(&self.state);
        state.last = Some(Arc::clone(&error));
        state.fatal.get_or_insert(error);
        drop(state);
        self.stop();
    }

    pub(super) fn last_error(&self) -> Option<Arc<ServerError>> {
        lock(&self.state).last.clone()
    }

    /// The calling thread runs handlers, and so cannot wait for the end.
    pub(super) fn enlist(&self) {
        let me = thread::current().id();
        let mut state = lock(&self.state);
        if !state.threads.contains(&me) {
            state.threads.push(me);
        }
    }

    pub(super) fn is_own_thread(&self) -> bool {
        lock(&self.state).threads.contains(&thread::current().id())
    }

    /// Nothing of the server is left.
    pub(super) fn end(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        let on_end = state.on_end.take();
        drop(state);
        self.told.notify_all();
        if let Some(tell) = on_end {
            tell();
        }
    }

    /// Calls `tell` at the end, or now if that has come.
    pub(super) fn on_end(&self, tell: OnEnd) {
        let mut state = lock(&self.state);
        if state.ended {
            drop(state);
            return tell();
        }
        state.on_end = Some(tell);
    }

    pub(super) fn ended(&self) -> bool {
        lock(&self.state).ended
    }

    /// Waits for the end, and tells what it came by.
    pub(super) fn join(&self) -> Result<(), Arc<ServerError>> {
        let mut state = lock(&self.state);
        while !state.ended {
            state = self
                .told
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.fatal.clone().map_or(Ok(()), Err)
    }
}
