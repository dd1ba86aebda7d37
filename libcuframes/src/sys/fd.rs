//! A descriptor that a forked child loses.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::fork::{self, Generation};

/// An owned descriptor, closed on drop in the process that opened it and by the fork handler
/// in its children.
#[derive(Debug)]
pub struct Fd {
    fd: ManuallyDrop<OwnedFd>,
    generation: Generation,
}

impl From<OwnedFd> for Fd {
    fn from(fd: OwnedFd) -> Self {
        fork::track(fd.as_raw_fd());
        Fd {
            fd: ManuallyDrop::new(fd),
            generation: fork::generation(),
        }
    }
}

impl Fd {
    /// The process generation that opened it.
    pub fn generation(&self) -> Generation {
        self.generation
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        if self.generation.is_current() {
            fork::untrack(self.fd.as_raw_fd());
            // SAFETY: I9: dropped once, here, and only by the process that owns the number.
            unsafe { ManuallyDrop::drop(&mut self.fd) };
        }
    }
}

/// Writes all of `bytes` at `offset` of a file that is large enough.
pub fn write_at(fd: &Fd, bytes: &[u8], offset: u64) -> std::io::Result<()> {
    match rustix::io::pwrite(fd, bytes, offset)? {
        written if written == bytes.len() => Ok(()),
        _ => Err(std::io::ErrorKind::WriteZero.into()),
    }
}

/// Bytes of the file behind `fd`.
pub fn size_of_file(fd: &Fd) -> std::io::Result<u64> {
    Ok(rustix::fs::fstat(fd)?.st_size as u64)
}
