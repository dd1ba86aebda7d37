//! A bare segment of the size of a buffer, and what it costs the process in page faults.

use std::os::fd::OwnedFd;
use std::ptr::NonNull;

use bench_harness::Result;
use rustix::fs::{FallocateFlags, Mode, OFlags, fallocate, ftruncate, open, unlink};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A segment whose bytes are there: made, lengthened, filled by the kernel and mapped.
pub struct Segment {
    base: NonNull<u8>,
    len: usize,
    path: String,
    _fd: OwnedFd,
}

impl Segment {
    /// A new one.
    pub fn create(name: &str, len: usize) -> Result<Self> {
        let path = format!("/dev/shm/{name}");
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
        let fd = open(path.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
        ftruncate(&fd, len as u64)?;
        fallocate(&fd, FallocateFlags::empty(), 0, len as u64)?;
        let prot = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice aliases nothing of ours.
        let base = unsafe { mmap(std::ptr::null_mut(), len, prot, MapFlags::SHARED, &fd, 0) }?;
        Ok(Segment {
            base: NonNull::new(base.cast()).ok_or("a mapping at zero")?,
            len,
            path,
            _fd: fd,
        })
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `create`, and nothing can refer to it after this value.
        let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
        // Whoever removed it before us has saved us the trouble.
        let _ = unlink(self.path.as_str());
    }
}

/// Page faults of this process so far that needed no disk.
pub fn faults() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: points to a whole rusage of our own.
    let status = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(status, 0, "a process may ask what it used");
    // SAFETY: zeroed, which is a value of all its fields, and filled by the call.
    let usage = unsafe { usage.assume_init() };
    usage.ru_minflt as u64
}
