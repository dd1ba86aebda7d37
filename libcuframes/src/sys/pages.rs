//! The subscriber pages of one epoch, side by side in one reserved range of addresses.
//!
//! Page `index` lies at `index * PAGE`. A page that no subscriber uses is a page of private
//! zeros, which means "holds nothing, waits for nothing"; a join replaces it by the
//! subscriber's memfd and a departure puts the zeros back, each by one MAP_FIXED. So the
//! writer may look at any page at any time, with a stale list in hand too, without a lock,
//! a reference count or a grace period: an address of the region is never unmapped.

use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::Ordering;

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

use super::PAGE;

/// A reserved range of `capacity` pages.
#[derive(Debug)]
pub struct PageRegion {
    base: *mut u8,
    capacity: usize,
}

// SAFETY: I2: the region is accessed by atomics only; a MAP_FIXED replaces a page whole.
unsafe impl Send for PageRegion {}
// SAFETY: I2: as for Send.
unsafe impl Sync for PageRegion {}

const PROT: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

impl PageRegion {
    /// Reserves `capacity` pages, all of them zeros.
    pub fn new(capacity: usize) -> io::Result<Self> {
        let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap_anonymous(std::ptr::null_mut(), capacity * PAGE, PROT, flags) }?;
        Ok(PageRegion {
            base: base.cast(),
            capacity,
        })
    }

    /// Puts the memfd of a subscriber in place `index`.
    pub fn install(&self, index: usize, fd: impl AsFd) -> io::Result<()> {
        let flags = MapFlags::SHARED | MapFlags::FIXED;
        // SAFETY: I8: replaces one whole page of our own reservation; no reference to it exists.
        unsafe { mmap(self.page(index).cast(), PAGE, PROT, flags, fd, 0) }?;
        Ok(())
    }

    /// Puts zeros back in place `index`.
    pub fn remove(&self, index: usize) -> io::Result<()> {
        let flags = MapFlags::PRIVATE | MapFlags::FIXED | MapFlags::NORESERVE;
        // SAFETY: I8: replaces one whole page of our own reservation; no reference to it exists.
        unsafe { mmap_anonymous(self.page(index).cast(), PAGE, PROT, flags) }?;
        Ok(())
    }

    fn page(&self, index: usize) -> *mut u8 {
        assert!(index < self.capacity, "no such page");
        // SAFETY: I1: index < capacity, so the page is inside the reservation.
        unsafe { self.base.add(index * PAGE) }
    }

    #[inline]
    pub(super) fn word<T>(&self, offset: usize) -> *mut T {
        let inside = offset.is_multiple_of(size_of::<T>()) && offset < self.capacity * PAGE;
        assert!(inside, "outside the region, or unaligned");
        // SAFETY: I1: an aligned word that starts inside a range of whole pages lies inside it.
        unsafe { self.base.add(offset) }.cast()
    }

    /// Loads the u64 at `offset` of the region.
    #[inline]
    pub fn load_u64(&self, offset: usize, order: Ordering) -> u64 {
        // SAFETY: I2: aligned, inside the region, and only ever accessed atomically.
        unsafe { std::sync::atomic::AtomicU64::from_ptr(self.word(offset)) }.load(order)
    }

    /// Loads the u32 at `offset` of the region.
    #[inline]
    pub fn load_u32(&self, offset: usize, order: Ordering) -> u32 {
        // SAFETY: I2: aligned, inside the region, and only ever accessed atomically.
        unsafe { std::sync::atomic::AtomicU32::from_ptr(self.word(offset)) }.load(order)
    }

    /// Stores the u32 at `offset` of the region.
    #[inline]
    pub fn store_u32(&self, offset: usize, value: u32, order: Ordering) {
        // SAFETY: I2: aligned, inside the region, and only ever accessed atomically.
        unsafe { std::sync::atomic::AtomicU32::from_ptr(self.word(offset)) }.store(value, order);
    }
}

impl Drop for PageRegion {
    fn drop(&mut self) {
        // SAFETY: I1: the whole range is ours and nothing can refer to it after this value.
        let unmapped = unsafe { munmap(self.base.cast(), self.capacity * PAGE) };
        debug_assert!(unmapped.is_ok(), "a range that was mapped can be unmapped");
    }
}
