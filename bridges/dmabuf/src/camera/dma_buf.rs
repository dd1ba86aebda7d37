//! The DMA-BUF that a buffer of a driver is.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use crate::memory::{LentMap, MemoryError};

/// The DMA-BUF that a buffer of a driver is.
pub struct DmaBuf {
    fd: OwnedFd,
    /// Made when somebody needs the first copy out of it, and kept: most buffers are never copied.
    map: OnceLock<LentMap>,
}

impl DmaBuf {
    pub fn new(fd: OwnedFd) -> DmaBuf {
        DmaBuf {
            fd,
            map: OnceLock::new(),
        }
    }

    /// Its bytes, for copies.
    pub fn map(&self) -> Result<&LentMap, MemoryError> {
        if let Some(map) = self.map.get() {
            return Ok(map);
        }
        let fd = self.fd.try_clone();
        let map = LentMap::new(fd.map_err(MemoryError::system("copy a descriptor"))?)?;
        // Of two threads that made one, one keeps its own.
        Ok(self.map.get_or_init(|| map))
    }
}

impl AsFd for DmaBuf {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
