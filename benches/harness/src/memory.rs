//! Memory of the kind that segments lie in, to be copied into and out of: its pages are small ones,
//! and those of the heap may not be.

use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicU64};

use rustix::fs::{MemfdFlags, Mode, OFlags, ftruncate, memfd_create, open};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::Result;

/// A map of such memory.
pub struct SharedBytes {
    base: NonNull<u8>,
    len: usize,
    fd: OwnedFd,
}

impl SharedBytes {
    /// New memory of so many bytes.
    pub fn create(len: usize) -> Result<Self> {
        let fd = memfd_create("bench", MemfdFlags::CLOEXEC)?;
        ftruncate(&fd, len as u64)?;
        Self::map(fd, len)
    }

    /// Another map of what is at `path`, in whichever process.
    pub fn open(path: &str, len: usize) -> Result<Self> {
        let fd = open(path, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
        Self::map(fd, len)
    }

    /// Two maps of the same: one to write through and one to read through, as two processes have
    /// them, or as one has them that talks to itself.
    pub fn pair(len: usize) -> Result<[Self; 2]> {
        let one = Self::create(len)?;
        let two = Self::open(&one.path(), len)?;
        Ok([one, two])
    }

    /// Where another process finds it, as long as this map is there.
    pub fn path(&self) -> String {
        let pid = rustix::process::getpid().as_raw_nonzero();
        format!("/proc/{pid}/fd/{}", self.fd.as_raw_fd())
    }

    fn map(fd: OwnedFd, len: usize) -> Result<Self> {
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(std::ptr::null_mut(), len, prot, MapFlags::SHARED, &fd, 0) }?;
        let base = NonNull::new(base.cast()).ok_or("a mapping at zero")?;
        Ok(SharedBytes { base, len, fd })
    }

    /// The 64 bits at a multiple of eight bytes, for one who only reads and writes them so.
    #[inline]
    pub fn word(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(size_of::<u64>()), "not aligned");
        let word = self.at(at, size_of::<u64>());
        // SAFETY: inside the map and aligned, as the map itself is, and there as long as self;
        // nobody else in this process has it meanwhile, as self is neither sent nor shared.
        unsafe { AtomicU64::from_ptr(word.cast()) }
    }

    /// The same for 32 bits at a multiple of four bytes.
    #[inline]
    pub fn half_word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(size_of::<u32>()), "not aligned");
        let word = self.at(at, size_of::<u32>());
        // SAFETY: inside the map, aligned, there as long as self, and of this thread alone, as above.
        unsafe { AtomicU32::from_ptr(word.cast()) }
    }

    #[inline]
    fn at(&self, at: usize, len: usize) -> *mut u8 {
        assert!(at + len <= self.len, "outside the map");
        // SAFETY: inside the map, as was just checked.
        unsafe { self.base.as_ptr().add(at) }
    }

    /// Copies `bytes` in.
    pub fn store(&mut self, at: usize, bytes: &[u8]) {
        let to = self.at(at, bytes.len());
        // SAFETY: so many bytes are inside both, and `bytes` is no part of this map.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
    }

    /// Copies bytes out. The same thread has stored them, or one that has said so.
    pub fn load(&self, at: usize, bytes: &mut [u8]) {
        let from = self.at(at, bytes.len());
        // SAFETY: so many bytes are inside both, and `bytes` is no part of this map.
        unsafe { from.copy_to_nonoverlapping(bytes.as_mut_ptr(), bytes.len()) };
    }

    /// Copies bytes of other memory to the same place in this.
    pub fn copy_from(&mut self, other: &SharedBytes, at: usize, len: usize) {
        let to = self.at(at, len);
        let from = other.at(at, len);
        // SAFETY: so many bytes are inside both; where both maps are of one memory, nothing changes.
        unsafe { to.copy_from(from, len) };
    }
}

impl Drop for SharedBytes {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `map`, and nothing can refer to it after this value.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
    }
}
