//! A subscriber on a thread of its own.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::error::{Error, Result};

use super::{Frame, Subscriber};

/// How long a stop may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Calls back with every frame, on a thread of its own. Dropping it stops it.
#[derive(Debug)]
pub struct CallbackSubscriber {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl CallbackSubscriber {
    pub(super) fn start(
        mut subscriber: Subscriber,
        mut callback: impl FnMut(Result<Frame>) -> ControlFlow<()> + Send + 'static,
    ) -> Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let run = move || {
            while !stopped.load(Ordering::Relaxed) {
                let frame = match subscriber.next(Some(TURN)) {
                    Err(Error::Timeout { .. }) => continue,
                    frame => frame,
                };
                let last = frame.is_err();
                // A callback that panics ends its subscription, not the program.
                let called = catch_unwind(AssertUnwindSafe(|| callback(frame)));
                if called.is_err() {
                    tracing::error!(key = subscriber.key(), "the frame callback panicked");
                }
                if last || !matches!(called, Ok(ControlFlow::Continue(()))) {
                    break;
                }
            }
        };
        let thread = thread::Builder::new()
            .name("cuframes-callback".to_owned())
            .spawn(run)
            .map_err(Error::system("start the callback thread"))?;
        Ok(CallbackSubscriber {
            stop,
            thread: Some(thread),
        })
    }

    /// Stops calling, and returns when the last call is over. Called from the callback itself
    /// it returns at once, and the call that is running is the last.
    pub fn stop(mut self) {
        self.join();
    }

    /// Waits for the end of the stream, or whatever else ends it.
    pub fn wait(mut self) {
        if let Some(thread) = self.thread.take() {
            // The callback's own panic was caught and logged.
            let _ = thread.join();
        }
    }

    /// True once the last call is over.
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn join(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            let _ = thread.join();
        }
    }
}

impl Drop for CallbackSubscriber {
    fn drop(&mut self) {
        self.join();
    }
}
