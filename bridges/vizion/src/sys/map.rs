//! A shared mapping.

use std::io;
use std::os::fd::AsFd;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// The first bytes of a file that other processes map too. Unmapped on drop.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: S2: an address that the kernel is given may be given from any thread.
unsafe impl Send for Mapping {}
// SAFETY: S2: as for Send; there is no interior state.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `len` bytes to be read, and to be written if wanted.
    pub fn new(fd: impl AsFd, len: usize, writable: bool) -> io::Result<Self> {
        let access = match writable {
            true => ProtFlags::READ | ProtFlags::WRITE,
            false => ProtFlags::READ,
        };
        let anywhere = std::ptr::null_mut();
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(anywhere, len, access, MapFlags::SHARED, fd, 0) }?;
        let base = NonNull::new(base.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Mapping { base, len })
    }

    /// Bytes that are mapped.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Address of the byte at `offset`, the first of `bytes` that are all inside the mapping.
    ///
    /// # Panics
    /// If they are not: offsets come from sizes that were validated.
    pub fn address(&self, offset: usize, bytes: usize) -> *mut u8 {
        let end = offset.checked_add(bytes);
        assert!(end.is_some_and(|end| end <= self.len), "outside the map");
        // SAFETY: S1: offset + bytes <= len was checked above.
        unsafe { self.base.as_ptr().add(offset) }
    }

    /// The word at `offset`, a multiple of 4, as futex calls name it. It is not to be loaded or
    /// stored: the page may be gone.
    pub fn word(&self, offset: usize) -> &AtomicU32 {
        assert!(offset.is_multiple_of(4), "unaligned word");
        let address = self.address(offset, 4).cast();
        // SAFETY: S1, S2: aligned, inside the map, and accessed by the kernel alone.
        unsafe { AtomicU32::from_ptr(address) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: S3: nobody has the mapping any more, and it is ours.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
