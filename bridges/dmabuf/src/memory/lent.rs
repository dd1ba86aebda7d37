//! A map of memory that somebody lent.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::fstat;

use super::{MemoryError, MemoryKind, size_of};
use crate::sys::{self, Access, Map};

/// A map for reading, of all that the kernel says there is. It needs no descriptor but a DMA-BUF's.
#[derive(Debug)]
pub struct LentMap {
    map: Map,
    identity: (u64, u64),
    /// Of a DMA-BUF, which is told of every access.
    dma_buf: Option<OwnedFd>,
}

impl LentMap {
    /// Maps what came with a packet.
    pub fn new(fd: OwnedFd) -> Result<LentMap, MemoryError> {
        let kind = MemoryKind::of(fd.as_fd())?;
        let bytes = size_of(fd.as_fd(), kind)?;
        let len = usize::try_from(bytes).map_err(|_| MemoryError::Empty)?;
        if len == 0 {
            return Err(MemoryError::Empty);
        }
        let identity = LentMap::identity_of(&fd)?;
        let map = Map::new(fd.as_fd(), len, Access::Read);
        let map = map.map_err(MemoryError::system("map memory for reading"))?;
        let dma_buf = (kind == MemoryKind::DmaBuf).then_some(fd);
        Ok(LentMap {
            map,
            identity,
            dma_buf,
        })
    }

    /// Device and number of a descriptor's memory: the same for every descriptor of it.
    pub fn identity_of(fd: impl AsFd) -> Result<(u64, u64), MemoryError> {
        let found = fstat(fd).map_err(MemoryError::system("look at a descriptor"))?;
        // The widths of the fields are the processor's.
        #[allow(clippy::unnecessary_cast)]
        Ok((found.st_dev as u64, found.st_ino as u64))
    }

    /// Device and number of the memory. Nobody else's has them while it is mapped.
    #[must_use]
    pub fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> MemoryKind {
        match self.dma_buf {
            Some(_) => MemoryKind::DmaBuf,
            None => MemoryKind::Memfd,
        }
    }

    /// Its bytes. A DMA-BUF has whole pages, so these may be more than were asked for.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.map.len() as u64
    }

    /// Address of its first byte. Its owner may write whenever it does not lend: what a compiler
    /// may not assume of memory behind a reference.
    #[must_use]
    pub fn as_ptr(&self) -> *const u8 {
        self.map.as_ptr()
    }

    /// Whether `size` bytes from `offset` on are inside.
    pub fn check(&self, offset: u64, size: u64) -> Result<(), MemoryError> {
        let end = offset.saturating_add(size);
        match end <= self.size() {
            true => Ok(()),
            false => Err(MemoryError::Outside {
                offset,
                end,
                len: self.size(),
            }),
        }
    }

    /// Copies bytes from `offset` on. Between [`begin`](Self::begin) and its end.
    pub fn copy(&self, offset: u64, to: &mut [u8]) -> Result<(), MemoryError> {
        self.check(offset, to.len() as u64)?;
        self.map.load(offset as usize, to);
        Ok(())
    }

    /// As [`copy`](Self::copy), of `len` bytes to byte `at` of a map that can be written.
    ///
    /// # Panics
    /// If they do not end inside of that one.
    pub(crate) fn copy_across(
        &self,
        offset: u64,
        len: usize,
        to: &Map,
        at: usize,
    ) -> Result<(), MemoryError> {
        self.check(offset, len as u64)?;
        to.store_from(at, &self.map, offset as usize, len);
        Ok(())
    }

    /// Begins to look at it: a DMA-BUF is told.
    pub fn begin(&self) -> Result<Reading<'_>, MemoryError> {
        if let Some(fd) = &self.dma_buf {
            sys::sync_start(fd.as_fd(), Access::Read)
                .map_err(MemoryError::system("begin to read a DMA-BUF"))?;
        }
        Ok(Reading { of: Some(self) })
    }

    fn end(&self) -> io::Result<()> {
        match &self.dma_buf {
            Some(fd) => sys::sync_end(fd.as_fd(), Access::Read),
            None => Ok(()),
        }
    }
}

/// Memory is being looked at. Dropping it is the end too, and says nothing.
#[derive(Debug)]
#[must_use = "the access ends with this value"]
pub struct Reading<'a> {
    of: Option<&'a LentMap>,
}

impl Reading<'_> {
    /// Ends it.
    pub fn end(mut self) -> Result<(), MemoryError> {
        let ended = self.of.take().map_or(Ok(()), LentMap::end);
        ended.map_err(MemoryError::system("end reading a DMA-BUF"))
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        // Who wants to know calls end().
        let _ = self.of.take().map(LentMap::end);
    }
}
