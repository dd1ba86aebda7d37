//! A shared mapping: racing copies, bounds-checked.

use std::io;
use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::Access;

/// `size` rounded up to whole pages, of which there is at least one.
pub fn whole_pages(size: usize) -> usize {
    size.max(1).next_multiple_of(rustix::param::page_size())
}

/// Bytes of a descriptor that other processes map too. Unmapped on drop.
#[derive(Debug)]
pub struct Map {
    base: NonNull<u8>,
    len: usize,
    access: Access,
}

// SAFETY: S2: every access is a racing copy, from any thread.
unsafe impl Send for Map {}
// SAFETY: S2: as for Send; there is no other interior state.
unsafe impl Sync for Map {}

impl Map {
    /// Maps the first `len` bytes of `fd`, which has so many, for reading, or for writing as well.
    pub fn new(fd: BorrowedFd<'_>, len: usize, access: Access) -> io::Result<Map> {
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        let anywhere = std::ptr::null_mut();
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(anywhere, len, protection, MapFlags::SHARED, fd, 0) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Map { base, len, access })
    }

    /// Its bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Address of its first byte, for code that knows that others may write.
    pub fn as_ptr(&self) -> *const u8 {
        self.base.as_ptr()
    }

    /// Copies bytes from `offset` on; they may be of different moments if somebody writes.
    ///
    /// # Panics
    /// If they are not all inside.
    pub fn load(&self, offset: usize, to: &mut [u8]) {
        let from = self.address(offset, to.len());
        // SAFETY: S1: both sides have so many bytes, and `to` is private.
        unsafe { racing::copy(from, to.as_mut_ptr(), to.len()) };
    }

    /// Copies bytes to `offset` on.
    ///
    /// # Panics
    /// If they are not all inside, or the mapping is for reading.
    pub fn store(&self, offset: usize, from: &[u8]) {
        assert_eq!(self.access, Access::Write, "mapped for reading");
        let to = self.address(offset, from.len());
        // SAFETY: S1: both sides have so many bytes, `from` is private, and the mapping is writable.
        unsafe { racing::copy(from.as_ptr(), to, from.len()) };
    }

    /// Copies bytes of another mapping, from `start` on, to `offset` on.
    ///
    /// # Panics
    /// If they are not all inside of both, it is this mapping, or this one is for reading.
    pub fn store_from(&self, offset: usize, other: &Map, start: usize, bytes: usize) {
        assert_eq!(self.access, Access::Write, "mapped for reading");
        assert_ne!(self.base, other.base, "onto itself");
        let (from, to) = (other.address(start, bytes), self.address(offset, bytes));
        // SAFETY: S1, S2: both have so many bytes, the one that is written to is writable, and two
        // mappings do not overlap.
        unsafe { racing::copy(from, to, bytes) };
    }

    fn address(&self, offset: usize, bytes: usize) -> *mut u8 {
        let end = offset.checked_add(bytes);
        assert!(end.is_some_and(|end| end <= self.len), "outside the map");
        // SAFETY: S1: offset + bytes <= len was checked above.
        unsafe { self.base.as_ptr().add(offset) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: S3: nobody has the mapping any more, and it is ours.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
