//! Addresses that the host cannot touch, and the hidden mapping behind them.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::ptr;

/// A range of addresses at which the host faults.
pub struct Reservation {
    pub first: u64,
    pub bytes: u64,
}

impl Reservation {
    /// Reserves `bytes`, beginning at a multiple of 2 MiB.
    pub fn new(bytes: u64) -> Option<Reservation> {
        const ALIGN: u64 = 2 << 20;
        let length = usize::try_from(bytes.checked_add(ALIGN)?).ok()?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let first = unsafe { libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0) };
        if first == libc::MAP_FAILED {
            return None;
        }
        let start = first as u64;
        let aligned = start.next_multiple_of(ALIGN);
        unmap(start, aligned - start);
        unmap(aligned + bytes, start + length as u64 - aligned - bytes);
        Some(Reservation {
            first: aligned,
            bytes,
        })
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        unmap(self.first, self.bytes);
    }
}

fn unmap(first: u64, bytes: u64) {
    if bytes != 0 {
        // SAFETY: a range that only its owner, who calls this, knows.
        unsafe { libc::munmap(first as *mut _, bytes as usize) };
    }
}

/// The bytes themselves, where work of streams finds them.
pub struct Alias {
    pub first: *mut u8,
    bytes: u64,
}

// SAFETY: bytes of device memory may be written from any thread; races are the program's.
unsafe impl Send for Alias {}
// SAFETY: as for Send.
unsafe impl Sync for Alias {}

impl Alias {
    /// Maps the first `bytes` of `file`.
    pub fn new(file: &File, bytes: u64) -> Option<Alias> {
        let length = usize::try_from(bytes).ok()?;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        let fd = file.as_raw_fd();
        // SAFETY: a new mapping at an address of the kernel's choice.
        let first = unsafe { libc::mmap(ptr::null_mut(), length, prot, libc::MAP_SHARED, fd, 0) };
        (first != libc::MAP_FAILED).then(|| Alias {
            first: first.cast(),
            bytes,
        })
    }
}

impl Drop for Alias {
    fn drop(&mut self) {
        unmap(self.first as u64, self.bytes);
    }
}
