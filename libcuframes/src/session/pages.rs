//! The pages of an epoch's subscribers, and the events by which some of them end a lease.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arc_swap::ArcSwapOption;

use crate::ring::{PAGE_LIMIT, PageWords};
use crate::sync::AckEvents;
use crate::sys::PageRegion;

/// The pages as the ring asks them.
#[derive(Debug)]
pub struct Pages {
    region: PageRegion,
    /// CUDA_EVENT, per page: the events of its owner.
    acks: [ArcSwapOption<AckEvents>; PAGE_LIMIT],
}

impl Pages {
    /// Pages of zeros, with no events.
    pub fn new() -> std::io::Result<Self> {
        Ok(Pages {
            region: PageRegion::new(PAGE_LIMIT)?,
            acks: std::array::from_fn(|_| ArcSwapOption::empty()),
        })
    }

    /// Asks `events` from now on whether the releases of page `index` have happened.
    pub fn set_acks(&self, index: usize, events: Option<Arc<AckEvents>>) {
        self.acks[index].store(events);
    }
}

impl Deref for Pages {
    type Target = PageRegion;

    fn deref(&self) -> &PageRegion {
        &self.region
    }
}

impl PageWords for Pages {
    #[inline]
    fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        self.region.load_u64(offset, order)
    }

    #[inline]
    fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        self.region.load_u32(offset, order)
    }

    #[inline]
    fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        self.region.store_u32(offset, value, order);
    }

    fn is_release_pending(&self, index: usize, slot: usize) -> bool {
        let acks = self.acks[index].load();
        // Who promised events and has none yet is not done.
        !acks.as_ref().is_some_and(|acks| acks.is_done(slot))
    }
}
