//! Files that get their name when they are complete, so that nobody meets half a one.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, CWD, FallocateFlags, Mode, OFlags, fallocate, fchmod, linkat, openat};

use super::file::shared_dir;

/// A file of shared memory that has no name yet; gone if it never gets one.
pub struct Unnamed {
    file: OwnedFd,
    dir: OwnedFd,
}

impl Unnamed {
    /// A file of `bytes`, whose memory is taken now: whoever writes it later cannot fail for want
    /// of any. Permissions as in [`BufferConfig::mode`](crate::BufferConfig::mode).
    pub fn create(bytes: u64, mode: Option<u32>) -> io::Result<Self> {
        let dir = shared_dir()?;
        let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
        let file = openat(&dir, ".", flags, Mode::from_raw_mode(mode.unwrap_or(0o666)))?;
        if let Some(mode) = mode {
            fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        fallocate(&file, FallocateFlags::empty(), 0, bytes)?;
        Ok(Unnamed { file, dir })
    }

    /// Gives it its name; fails if there is a file of this name.
    pub fn link(self, name: &str) -> io::Result<OwnedFd> {
        let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        linkat(CWD, own, &self.dir, name, AtFlags::SYMLINK_FOLLOW)?;
        Ok(self.file)
    }
}

impl AsFd for Unnamed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}
