//! Sealed memory without a name.

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::fs::memfd_create;
use rustix::fs::{MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, ftruncate, open};

use crate::memory::MemoryError;
use crate::sys::{Access, Map};

/// A map that can be written, and a descriptor that can only be read.
pub fn make(size: usize) -> Result<(Map, OwnedFd), MemoryError> {
    let fd = sealed(size, SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL)?;
    let map = Map::new(fd.as_fd(), size, Access::Write);
    let map = map.map_err(MemoryError::system("map a memfd"))?;
    // Another open file of the same memory, with rights of its own.
    let path = format!("/proc/self/fd/{}", fd.as_raw_fd());
    let lent = open(path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let lent = lent.map_err(MemoryError::system("open a memfd for reading"))?;
    Ok((map, lent))
}

/// A memfd of `size` bytes with `seals`.
pub fn sealed(size: usize, seals: SealFlags) -> Result<OwnedFd, MemoryError> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("frame-lending", flags).map_err(MemoryError::system("make a memfd"))?;
    ftruncate(&fd, size as u64).map_err(MemoryError::system("get memory for a memfd"))?;
    fcntl_add_seals(&fd, seals).map_err(MemoryError::system("seal a memfd"))?;
    Ok(fd)
}
