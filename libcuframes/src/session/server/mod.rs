//! The publisher's control thread: it accepts, answers, watches and takes leave.
//!
//! It owns every socket and decides every eviction. The thread that publishes shares with it
//! the current epoch, a few counters and an inbox; it never waits for it.

mod admission;
mod answer;
mod conversation;
mod departure;
mod leases;
mod peer;
mod service;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::sys::Waker;
use crate::wire::{CloseReason, Mode};

use super::epoch::Epoch;
use super::packets::PacketSegment;
use super::roster::Roster;

pub use service::Server;

/// What a publisher allows its subscribers.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time, observers included.
    pub peers: u32,
    /// Leases of one subscriber at a time.
    pub max_leases: u32,
    /// Longest lease of a frame that is no longer the newest; zero: no limit.
    pub lease_timeout: Duration,
    /// Users admitted besides this one and root; none: the socket's mode decides, but not
    /// about memory of a GPU.
    pub allow_uids: Vec<u32>,
    /// The frames are in memory of a GPU, which whoever imports it can write.
    pub gpu: bool,
}

impl Limits {
    /// True if `uid` is this user or is listed: somebody whose strict subscribers are waited for.
    pub fn is_trusted(&self, uid: u32) -> bool {
        uid == own_uid() || self.allow_uids.contains(&uid)
    }

    /// True if `uid` may subscribe at all.
    pub fn is_admitted(&self, uid: u32) -> bool {
        let open = self.allow_uids.is_empty() && !self.gpu;
        open || uid == 0 || self.is_trusted(uid)
    }
}

/// The user of this process.
pub fn own_uid() -> u32 {
    crate::sys::effective_uid()
}

/// What the publishing thread asks of the control thread.
#[derive(Debug)]
pub enum Command {
    /// The epoch has changed: everyone is to join again. The old one is kept as long as a GPU
    /// works on its memory.
    Reconfigured(Arc<Epoch>),
    /// Nothing could be published for too long: the oldest lease has to go.
    RelievePressure,
    /// A page used up its time and the publisher wants it evicted: (index, generation).
    EvictLagging(usize, u32),
    /// Take leave of everyone, then end.
    Close(CloseReason),
}

/// What both threads see.
#[derive(Debug)]
pub struct Shared {
    /// The key.
    pub key: String,
    /// What subscribers may do.
    pub limits: Limits,
    /// Who is subscribed.
    pub roster: Roster,
    /// Frames published.
    pub published: AtomicU64,
    /// Frames not published because no slot was free.
    pub dropped: AtomicU64,
    /// Frames that were copied into a slot.
    pub copies: AtomicU64,
    /// Subscribers evicted.
    pub evicted: AtomicU64,
    /// The packets, once there are any.
    packets: OnceLock<Arc<PacketSegment>>,
    epoch: Mutex<Arc<Epoch>>,
    inbox: Mutex<Vec<Command>>,
    waker: Waker,
}

impl Shared {
    /// State of a publisher whose first epoch is `epoch`.
    pub fn new(key: String, limits: Limits, epoch: Arc<Epoch>, waker: Waker) -> Self {
        Shared {
            key,
            limits,
            roster: Roster::default(),
            published: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            copies: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
            packets: OnceLock::new(),
            epoch: Mutex::new(epoch),
            inbox: Mutex::default(),
            waker,
        }
    }

    /// The current epoch.
    pub fn epoch(&self) -> Arc<Epoch> {
        Arc::clone(&lock(&self.epoch))
    }

    /// Makes `epoch` the current one.
    pub fn set_epoch(&self, epoch: Arc<Epoch>) {
        *lock(&self.epoch) = epoch;
    }

    /// Waits until every strict subscriber that is waited for has joined `epoch`, or is gone.
    pub fn wait_rejoined(&self, epoch: &Arc<Epoch>, deadline: Instant) {
        self.roster.wait(Some(deadline), |entries| {
            entries.iter().all(|entry| {
                let waited_for =
                    entry.mode == Mode::StrictOrder && self.limits.is_trusted(entry.uid);
                !waited_for || entry.live && Arc::ptr_eq(&entry.epoch, epoch)
            })
        });
    }

    /// Asks the control thread for something.
    pub fn send(&self, command: Command) {
        lock(&self.inbox).push(command);
        self.waker.wake();
    }

    /// Interrupts the control thread, which then looks at all leases.
    pub fn interrupt(&self) {
        self.waker.wake();
    }

    /// There are packets from now on.
    pub fn set_packets(&self, packets: Arc<PacketSegment>) {
        // They are made once.
        let _ = self.packets.set(packets);
    }

    /// The packets, where there are any.
    pub fn packets(&self) -> Option<&PacketSegment> {
        self.packets.get().map(Arc::as_ref)
    }

    /// Lets those who sleep until the next packet look at what else has changed.
    pub fn shake_packets(&self) {
        if let Some(packets) = self.packets() {
            packets.shake();
        }
    }

    fn take_commands(&self) -> Vec<Command> {
        self.waker.reset();
        std::mem::take(&mut *lock(&self.inbox))
    }

    fn count_eviction(&self) {
        self.evicted.fetch_add(1, Ordering::Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
