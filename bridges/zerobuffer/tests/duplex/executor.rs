//! An executor of a few lines.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

pub struct Unpark(Thread, AtomicUsize);

/// What wakes this thread.
pub fn unpark() -> Arc<Unpark> {
    Arc::new(Unpark(thread::current(), AtomicUsize::new(0)))
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.unpark();
    }
}

/// Runs a future in this thread; returns how often it was woken, too.
pub fn block_on<F: Future>(future: F) -> (F::Output, usize) {
    let mut future = pin!(future);
    let unpark = unpark();
    let waker = Waker::from(Arc::clone(&unpark));
    let mut seen = usize::MAX;
    loop {
        // Polled only when somebody asked for it: whoever forgets to, hangs.
        let woken = unpark.1.load(Ordering::SeqCst);
        if woken == seen {
            thread::park();
            continue;
        }
        seen = woken;
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return (output, unpark.1.load(Ordering::SeqCst));
        }
    }
}

/// Gives way once, as a future does that waits for something.
pub async fn yield_once() {
    let mut gave_way = false;
    poll_fn(|context| {
        if std::mem::replace(&mut gave_way, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
