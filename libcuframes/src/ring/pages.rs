//! Which subscribers there are: a bitmap that the control thread writes and the writer loads.

#[cfg(loom)]
use loom::sync::atomic::AtomicU64;
#[cfg(not(loom))]
use std::sync::atomic::AtomicU64;

use super::rules::{Rule, order};
use super::words::Ordering;

/// Words of the bitmap. Index 0 is nobody's: it means "observer" on the wire.
#[cfg(not(loom))]
const WORDS: usize = 4;
/// One word is enough for a model, and keeps it small.
#[cfg(loom)]
const WORDS: usize = 1;

/// One more than the highest index that a page can have.
pub const PAGE_LIMIT: usize = WORDS * 64;

/// The list of pages that count.
#[derive(Debug)]
pub struct PageList {
    words: [AtomicU64; WORDS],
}

impl PageList {
    /// An empty list.
    pub fn new() -> Self {
        PageList {
            words: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    /// Lists page `index`. What was done to the page before is seen by who loads the list.
    pub fn insert(&self, index: usize) {
        self.words[index / 64].fetch_or(1 << (index % 64), Ordering::Release);
    }

    /// Forgets page `index`. What was told to the page before is seen by who finds it gone.
    pub fn remove(&self, index: usize) {
        self.words[index / 64].fetch_and(
            !(1 << (index % 64)),
            order(Rule::ListRelease, Ordering::Release),
        );
    }

    /// The list of this moment.
    #[inline]
    pub fn load(&self) -> Pages {
        Pages {
            words: std::array::from_fn(|word| self.words[word].load(Ordering::Acquire)),
        }
    }
}

impl Default for PageList {
    fn default() -> Self {
        Self::new()
    }
}

/// The list as it was at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    words: [u64; WORDS],
}

impl Pages {
    /// True if page `index` was listed.
    pub fn contains(&self, index: usize) -> bool {
        self.words[index / 64] & (1 << (index % 64)) != 0
    }

    /// The indices, in ascending order.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.words.into_iter().enumerate().flat_map(|(word, bits)| {
            std::iter::successors(Some(bits), |bits| Some(bits & bits.wrapping_sub(1)))
                .take_while(|&bits| bits != 0)
                .map(move |bits| word * 64 + bits.trailing_zeros() as usize)
        })
    }
}
