//! Frames that are lent: they come back in any order, their space only in the order in which they
//! were read. The writer knows how much is free, not where: if a frame's space was given back
//! before that of an older one, the writer would take the older one's.
//!
//! A queue without locks: the reader pushes, and whoever gives a frame back takes what is released
//! from the front. Each entry is taken by exactly one of them, who wins the exchange of `first`.

#[cfg(loom)]
use loom::sync::atomic::AtomicU64;
#[cfg(not(loom))]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

/// Entries are a power of two, at most so many.
const MOST: u64 = 1 << 20;
/// A frame has at least a header and a byte.
const SMALLEST: u64 = 17;
/// Set in an entry that was given back.
const RELEASED: u64 = 1;
/// Set in an entry that is no frame.
const TAIL: u64 = 2;
/// Below the bytes of an entry.
const FLAGS: u32 = 2;

/// So many entries, touched only where they are used.
#[cfg(not(loom))]
fn zeroed(len: usize) -> Box<[AtomicU64]> {
    use zerocopy::FromZeros;
    <[AtomicU64]>::new_box_zeroed_with_elems(len)
        .unwrap_or_else(|_| (0..len).map(|_| AtomicU64::new(0)).collect())
}

#[cfg(loom)]
fn zeroed(len: usize) -> Box<[AtomicU64]> {
    (0..len).map(|_| AtomicU64::new(0)).collect()
}

/// What was taken from the front of the queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Bytes that are free again.
    pub bytes: u64,
    /// Frames that they were.
    pub frames: u64,
}

/// The frames that are lent, oldest first.
#[derive(Debug)]
pub struct Held {
    entries: Box<[AtomicU64]>,
    /// Number of the oldest entry.
    first: AtomicU64,
    /// Number of the next entry; only the reader changes it.
    next: AtomicU64,
    /// How many are between taking from the front and giving back what they took.
    returning: AtomicU64,
}

impl Held {
    /// For the frames of a payload of so many bytes.
    pub fn new(payload: u64) -> Self {
        let most = (payload / SMALLEST + 2).next_power_of_two().min(MOST);
        Held {
            entries: zeroed(most as usize),
            first: AtomicU64::new(0),
            next: AtomicU64::new(0),
            returning: AtomicU64::new(0),
        }
    }

    fn entry(&self, number: u64) -> &AtomicU64 {
        &self.entries[number as usize & (self.entries.len() - 1)]
    }

    /// How many are lent, or wait for older ones.
    pub fn count(&self) -> usize {
        let next = self.next.load(Ordering::Acquire);
        (next - self.first.load(Ordering::Acquire)) as usize
    }

    /// True if there is a place for as many entries as one frame needs: its own, and that of the
    /// end of the payload that was left out before it.
    pub fn has_room(&self) -> bool {
        self.count() + 2 <= self.entries.len()
    }

    /// Notes a frame of `bytes`, and returns its number. Only the reader's thread may call this,
    /// and only while there is room.
    pub fn push(&self, bytes: u64) -> u64 {
        self.append(bytes << FLAGS)
    }

    /// Notes bytes that nobody holds, but that lie behind frames which somebody does.
    pub fn push_released(&self, bytes: u64) {
        self.append(bytes << FLAGS | TAIL | RELEASED);
    }

    fn append(&self, entry: u64) -> u64 {
        let number = self.next.load(Ordering::Relaxed);
        self.entry(number).store(entry, Ordering::Relaxed);
        self.next.store(number + 1, Ordering::SeqCst);
        number
    }

    /// Notes that the frame of this number was given back.
    pub fn release(&self, number: u64) {
        self.entry(number).fetch_or(RELEASED, Ordering::SeqCst);
    }

    /// Takes everything from the front that is given back, and hands it to `give`. To be called
    /// after each release: of two who release neighbours at once, at least one sees both, as the
    /// flags are of one order.
    pub fn take(&self, give: impl FnOnce(Returned)) {
        self.returning.fetch_add(1, Ordering::SeqCst);
        let mut returned = Returned::default();
        while let Some(entry) = self.pop() {
            returned.bytes += entry >> FLAGS;
            returned.frames += u64::from(entry & TAIL == 0);
        }
        give(returned);
        self.returning.fetch_sub(1, Ordering::SeqCst);
    }

    /// Takes the entry at the front, if it is given back.
    fn pop(&self) -> Option<u64> {
        loop {
            let first = self.first.load(Ordering::SeqCst);
            if first == self.next.load(Ordering::SeqCst) {
                return None;
            }
            let entry = self.entry(first).load(Ordering::SeqCst);
            if entry & RELEASED == 0 {
                return None;
            }
            // The entry is of this number only if `first` still is: numbers never come again.
            let order = Ordering::SeqCst;
            if self
                .first
                .compare_exchange(first, first + 1, order, order)
                .is_ok()
            {
                return Some(entry);
            }
        }
    }

    /// Bytes of all that are lent or wait; `None` while somebody is giving some back, when nobody
    /// can say.
    ///
    /// What is free, read before and replaced afterwards only if it is still the same, fits these
    /// bytes: who took from the front before they were counted has given back by now, and did so
    /// either before what is free was read or so that it is not the same any more; who takes from
    /// the front later has not given back, or so that it is not the same.
    pub fn bytes(&self) -> Option<u64> {
        let first = self.first.load(Ordering::SeqCst);
        let next = self.next.load(Ordering::SeqCst);
        let bytes = |number| self.entry(number).load(Ordering::SeqCst) >> FLAGS;
        let all = (first..next).map(bytes).sum();
        let still = self.first.load(Ordering::SeqCst) == first;
        (still && self.returning.load(Ordering::SeqCst) == 0).then_some(all)
    }
}
