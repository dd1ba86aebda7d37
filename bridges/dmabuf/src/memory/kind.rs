//! What a descriptor is.

use std::os::fd::BorrowedFd;

use rustix::fs::{SealFlags, SeekFrom, fcntl_get_seals, fstat, fstatfs, seek};

use super::MemoryError;

/// `DMA_BUF_MAGIC`, the type of the file system that every DMA-BUF is a file of.
const DMA_BUF_MAGIC: i64 = 0x444d_4142;

/// What a descriptor is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemoryKind {
    /// A DMA-BUF: accesses are bracketed by DMA_BUF_IOCTL_SYNC.
    DmaBuf,
    /// A memfd that cannot shrink.
    Memfd,
}

impl MemoryKind {
    /// Of a descriptor that somebody sent.
    pub fn of(fd: BorrowedFd<'_>) -> Result<MemoryKind, MemoryError> {
        let found = fstatfs(fd).map_err(MemoryError::system("look at a descriptor"))?;
        // The width of the field is the processor's.
        #[allow(clippy::unnecessary_cast)]
        if found.f_type as i64 == DMA_BUF_MAGIC {
            return Ok(MemoryKind::DmaBuf);
        }
        // Nothing else has seals.
        let seals = fcntl_get_seals(fd).map_err(|_| MemoryError::Kind)?;
        match seals.contains(SealFlags::SHRINK) {
            true => Ok(MemoryKind::Memfd),
            false => Err(MemoryError::CanShrink),
        }
    }
}

/// How many bytes it has, as the kernel knows it. A DMA-BUF has whole pages.
pub fn size_of(fd: BorrowedFd<'_>, kind: MemoryKind) -> Result<u64, MemoryError> {
    let failed = "ask for the size of memory";
    match kind {
        // Some kernels say 0 in its stat.
        MemoryKind::DmaBuf => seek(fd, SeekFrom::End(0)).map_err(MemoryError::system(failed)),
        MemoryKind::Memfd => {
            let found = fstat(fd).map_err(MemoryError::system(failed))?;
            Ok(u64::try_from(found.st_size).unwrap_or_default())
        }
    }
}
