//! A shared mapping: atomics and racing copies, bounds-checked.

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mmap, munmap};

/// Bytes of a file that other processes map too. Unmapped on drop.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: S2: every access is an atomic or a racing copy, from any thread.
unsafe impl Send for Mapping {}
// SAFETY: S2: as for Send; there is no other interior state.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of `fd`, which has so many.
    pub fn new(fd: impl AsFd, len: usize) -> io::Result<Self> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let anywhere = std::ptr::null_mut();
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(anywhere, len, access, MapFlags::SHARED, fd, 0) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, len })
    }

    /// Gets memory for all pages now.
    pub fn populate(&self) -> io::Result<()> {
        let base = self.base.as_ptr().cast();
        // SAFETY: S3: it is our mapping, and no byte of it is changed.
        Ok(unsafe { madvise(base, self.len, Advice::LinuxPopulateWrite) }?)
    }

    /// Address of the byte at `offset`, the first of `bytes` that are all inside the mapping.
    ///
    /// # Panics
    /// If they are not: offsets come from sizes that were validated against the file.
    #[inline]
    pub fn address(&self, offset: usize, bytes: usize) -> *mut u8 {
        let end = offset.checked_add(bytes);
        assert!(end.is_some_and(|end| end <= self.len), "outside the map");
        // SAFETY: S1: offset + bytes <= len was checked above.
        unsafe { self.base.as_ptr().add(offset) }
    }

    #[inline]
    fn word<T>(&self, offset: usize) -> *mut T {
        assert!(offset.is_multiple_of(size_of::<T>()), "unaligned word");
        self.address(offset, size_of::<T>()).cast()
    }

    /// The u64 at `offset`, a multiple of 8.
    #[inline]
    pub fn atomic_u64(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: S1, S2: aligned, inside the map, and only ever accessed atomically.
        unsafe { AtomicU64::from_ptr(self.word(offset)) }
    }

    /// The u32 at `offset`, a multiple of 4.
    #[inline]
    pub fn atomic_u32(&self, offset: usize) -> &AtomicU32 {
        // SAFETY: S1, S2: aligned, inside the map, and only ever accessed atomically.
        unsafe { AtomicU32::from_ptr(self.word(offset)) }
    }

    /// Copies bytes from `offset` on; they may be of different moments if somebody writes.
    #[inline]
    pub fn load_bytes(&self, offset: usize, to: &mut [u8]) {
        let from = self.address(offset, to.len());
        // SAFETY: S1: both sides have so many bytes, and `to` is private.
        unsafe { racing::copy(from, to.as_mut_ptr(), to.len()) };
    }

    /// Copies bytes to `offset` on.
    #[inline]
    pub fn store_bytes(&self, offset: usize, from: &[u8]) {
        let to = self.address(offset, from.len());
        // SAFETY: S1: both sides have so many bytes, and `from` is private.
        unsafe { racing::copy(from.as_ptr(), to, from.len()) };
    }

    /// Copies bytes to `offset` on, past the caches of this processor.
    pub fn store_bytes_past_caches(&self, offset: usize, from: &[u8]) {
        let to = self.address(offset, from.len());
        // SAFETY: S1: both sides have so many bytes, and `from` is private.
        unsafe { racing::copy_past_caches(from.as_ptr(), to, from.len()) };
    }

    /// Copies `len` bytes from `offset` on to `to` of another mapping.
    #[inline]
    pub fn copy_to(&self, offset: usize, other: &Mapping, to: usize, len: usize) {
        let from = self.address(offset, len);
        let to = other.address(to, len);
        // SAFETY: S1: both sides have so many bytes, and lie in different mappings.
        unsafe { racing::copy(from, to, len) };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: S3: nobody has the mapping any more, and it is ours.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
