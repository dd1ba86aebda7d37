//! Who is subscribed, for statistics: written by the control thread when somebody comes or
//! goes, read by whoever asks.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::sys::PAGE;
use crate::wire::{ConsumerName, Mode, SubscriberSlot, page};

use super::epoch::Epoch;

/// One subscriber as the publisher knows it.
#[derive(Clone, Debug)]
pub struct RosterEntry {
    /// Its number, 1 to 255.
    pub index: u32,
    /// Its name.
    pub name: ConsumerName,
    /// Its process, as the kernel told it.
    pub pid: u32,
    /// Its user, as the kernel told it.
    pub uid: u32,
    /// What it asked for.
    pub mode: Mode,
    /// True once it said ATTACHED, until it has to join again.
    pub live: bool,
    /// The epoch it joined.
    pub epoch: Arc<Epoch>,
}

impl RosterEntry {
    /// A row of STATS: who it is from our own records, what it counts from its page.
    pub fn row(&self) -> SubscriberSlot {
        let base = self.index as usize * PAGE;
        let pages = &self.epoch.ring.pages;
        let word = |offset| pages.load_u64(base + offset, Ordering::Relaxed);
        SubscriberSlot {
            pid: self.pid,
            mode: self.mode as u32,
            held_mask: self.epoch.ring.held_mask(self.index as usize),
            waiting: pages.load_u32(base + page::WAITING, Ordering::Relaxed),
            consumed_seq: word(page::CONSUMED_SEQ),
            received: word(page::RECEIVED),
            missed: word(page::MISSED),
            last_active_ns: word(page::LAST_ACTIVE_NS),
            ..SubscriberSlot::new(self.epoch.number(), self.index, &self.name, self.uid)
        }
    }

    /// True if the publisher no longer waits for it.
    pub fn is_lagging(&self) -> bool {
        self.epoch.lagging[self.index as usize].load(Ordering::Relaxed) != 0
    }
}

/// Everyone who is subscribed.
#[derive(Debug, Default)]
pub struct Roster {
    entries: Mutex<Vec<RosterEntry>>,
    changed: Condvar,
}

impl Roster {
    /// The entries, in the order of joining.
    pub fn entries(&self) -> Vec<RosterEntry> {
        self.lock().clone()
    }

    /// Adds or replaces the entry of an index.
    pub fn put(&self, entry: RosterEntry) {
        let mut entries = self.lock();
        match entries.iter_mut().find(|old| old.index == entry.index) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
        self.changed.notify_all();
    }

    /// Removes the entry of an index.
    pub fn remove(&self, index: u32) {
        self.lock().retain(|entry| entry.index != index);
        self.changed.notify_all();
    }

    /// Waits until `count` subscribers are live or `deadline` is over; true if they are.
    pub fn wait_live(&self, count: usize, deadline: Option<Instant>) -> bool {
        self.wait(deadline, |entries| {
            entries.iter().filter(|entry| entry.live).count() >= count
        })
    }

    /// Waits until `enough` says so or `deadline` is over; true if it said so.
    pub fn wait(&self, deadline: Option<Instant>, enough: impl Fn(&[RosterEntry]) -> bool) -> bool {
        let mut entries = self.lock();
        while !enough(&entries) {
            let Some(deadline) = deadline else {
                entries = self
                    .changed
                    .wait(entries)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.changed.wait_timeout(entries, left);
            entries = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, Vec<RosterEntry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
