//! A thread beside each subscription to frames on a GPU.
//!
//! It does what must happen though nobody calls `next`: it gives leases back that streams have
//! ended; it lets streams go that wait for a publisher which is dead; and it keeps memory that
//! streams still use after the subscriber is gone.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::session::Link;
use crate::sys::{self, Generation, Poller, Waker};
use crate::wire::MAX_SLOTS;

use super::gpu::Gpu;

/// Between two looks at a stream that ends a lease.
const LEASE_TURN: Duration = Duration::from_micros(200);
/// Between two looks whether a publisher without a connection is dead.
const DEATH_TURN: Duration = Duration::from_millis(10);
/// With nothing to look at.
const IDLE_TURN: Duration = Duration::from_secs(3600);

const WAKER: u64 = 0;
const SOCKET: u64 = 1;

/// A lease that the thread gives back when its streams are done.
#[derive(Clone, Copy, Debug)]
struct Lease {
    slot: usize,
    seq: u64,
}

/// The thread, seen by the subscription.
#[derive(Debug)]
pub(super) struct Guardian {
    leases: SyncSender<Lease>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    generation: Generation,
}

#[derive(Debug)]
struct Shared {
    waker: Waker,
    /// Nobody uses the subscription any more.
    deserted: AtomicBool,
}

impl Guardian {
    pub fn start(gpu: &Arc<Gpu>, link: &Arc<Link>) -> io::Result<Self> {
        // A slot has one lease at a time, so there is always room.
        let (leases, ended) = sync_channel(MAX_SLOTS);
        let shared = Arc::new(Shared {
            waker: Waker::new()?,
            deserted: AtomicBool::new(false),
        });
        let poller = Poller::new()?;
        poller.add(&shared.waker, WAKER)?;
        link.with_socket(|socket| poller.add_hangup(socket, SOCKET))?;
        let watch = Watch {
            gpu: Arc::clone(gpu),
            link: Arc::clone(link),
            shared: Arc::clone(&shared),
            poller,
            ended,
            leases: Vec::with_capacity(MAX_SLOTS),
            publisher: Publisher::Connected,
        };
        let thread = std::thread::Builder::new()
            .name("cuframes-guard".to_owned())
            .spawn(move || watch.run())?;
        Ok(Guardian {
            leases,
            shared,
            thread: Some(thread),
            generation: sys::generation(),
        })
    }

    /// Gives the lease of frame `seq` in `slot` back when its streams are done.
    pub fn give_back(&self, slot: usize, seq: u64) {
        // The thread outlives this end of the queue.
        let _ = self.leases.send(Lease { slot, seq });
        self.shared.waker.wake();
    }

    /// Ends the thread. Streams that still use the memory keep both until they are done; nobody
    /// waits for them.
    pub fn leave(&mut self, busy: bool) {
        // A forked child has this value, and no thread to it.
        if !self.generation.is_current() {
            std::mem::forget(self.thread.take());
            return;
        }
        self.shared.deserted.store(true, Ordering::Release);
        self.shared.waker.wake();
        if let Some(thread) = self.thread.take().filter(|_| !busy) {
            let _ = thread.join();
        }
    }
}

/// What the thread sees.
struct Watch {
    gpu: Arc<Gpu>,
    /// Held so that the publisher hears DETACH only when nothing uses its memory any more.
    link: Arc<Link>,
    shared: Arc<Shared>,
    poller: Poller,
    ended: Receiver<Lease>,
    leases: Vec<Lease>,
    publisher: Publisher,
}

/// What is known of the publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Publisher {
    Connected,
    /// Its connection ended; it may live on, and complete its frames.
    Silent,
    Dead,
}

impl Watch {
    fn run(mut self) {
        let mut ready = Vec::new();
        loop {
            self.collect();
            self.give_back();
            if self.publisher == Publisher::Silent && self.gpu.look_after() {
                self.publisher = Publisher::Dead;
            }
            let deserted = self.shared.deserted.load(Ordering::Acquire);
            if deserted && self.leases.is_empty() && !self.gpu.is_busy() {
                break;
            }
            if let Err(error) = self.poller.wait(&mut ready, self.patience(deserted)) {
                tracing::error!(%error, key = self.link.key(), "the guardian cannot wait");
                break;
            }
            for event in &ready {
                match event.token {
                    SOCKET => self.disconnected(),
                    _ => self.shared.waker.reset(),
                }
            }
        }
    }

    fn collect(&mut self) {
        loop {
            match self.ended.try_recv() {
                Ok(lease) => self.leases.push(lease),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return,
            }
        }
    }

    /// Gives back the leases whose streams are done.
    fn give_back(&mut self) {
        let gpu = &self.gpu;
        self.leases.retain(|&Lease { slot, seq }| {
            let over = gpu.order.release().is_over(slot, seq);
            if over {
                // Whether what the stream read was whole is said to who asks for it.
                let _ = gpu.reader.release(slot, seq);
            }
            !over
        });
    }

    fn disconnected(&mut self) {
        self.publisher = Publisher::Silent;
        // It would wake us without end. A set that does not know it any more is as good.
        let _ = self.link.with_socket(|socket| self.poller.remove(socket));
    }

    fn patience(&self, deserted: bool) -> Duration {
        match () {
            () if !self.leases.is_empty() => LEASE_TURN,
            () if deserted || self.publisher == Publisher::Silent => DEATH_TURN,
            () => IDLE_TURN,
        }
    }
}
