//! Memory of our own, where copies of frames are lent from.
//!
//! Every kind is lent so that nobody can take pages away from it. A memfd's borrowers cannot write
//! to it either: they get a descriptor that was opened for reading. A DMA-BUF has one descriptor for
//! all, so whoever borrows one could write to it; the next copy overwrites all that it said.

mod dma_heap;
mod error;
mod kind;
mod memfd;
#[cfg(test)]
mod tests;
mod udmabuf;

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::memory::{LentMap, MemoryError};
use crate::sys::{self, Access, Map};

pub use error::BufferError;
pub use kind::BufferKind;

/// Buffers of one kind: those that came back are lent again.
#[derive(Debug)]
pub struct Buffers {
    kind: BufferKind,
    free: Vec<Buffer>,
    made: u64,
}

/// Memory for one frame.
#[derive(Debug)]
pub struct Buffer {
    id: u64,
    map: Map,
    /// What is lent of it.
    lent: OwnedFd,
    /// Whether accesses are told of.
    is_dma_buf: bool,
}

impl Buffers {
    /// Without a buffer yet. Tries the kind, so that one that this machine lacks is told now.
    pub fn new(kind: BufferKind) -> Result<Buffers, BufferError> {
        let mut buffers = Buffers {
            kind,
            free: Vec::new(),
            made: 0,
        };
        let trial = buffers.get(1)?;
        buffers.give_back(trial);
        Ok(buffers)
    }

    /// What they are.
    #[must_use]
    pub fn kind(&self) -> &BufferKind {
        &self.kind
    }

    /// A buffer of at least `size` bytes, and of no more pages than these are.
    pub fn get(&mut self, size: usize) -> Result<Buffer, BufferError> {
        let pages = sys::whole_pages(size);
        let fits = |buffer: &Buffer| sys::whole_pages(buffer.size()) == pages;
        if let Some(at) = self.free.iter().position(fits) {
            return Ok(self.free.swap_remove(at));
        }
        // Frames have another size now, and will have.
        self.free.clear();
        self.made += 1;
        let (map, lent) = self.kind.make(pages)?;
        Ok(Buffer {
            id: self.made,
            map,
            lent,
            is_dma_buf: self.kind != BufferKind::Memfd,
        })
    }

    /// Takes one back. Nobody reads it any more, or whoever does was told that it is lost.
    pub fn give_back(&mut self, buffer: Buffer) {
        self.free.push(buffer);
    }

    /// Buffers that were made so far.
    #[must_use]
    pub fn made(&self) -> u64 {
        self.made
    }
}

impl Buffer {
    /// Its number, which no other buffer of the same [`Buffers`] had or will have.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Its bytes: whole pages.
    #[must_use]
    pub fn size(&self) -> usize {
        self.map.len()
    }

    /// Begins to write a frame from its first byte on.
    pub fn begin(&mut self) -> Result<Writing<'_>, BufferError> {
        if self.is_dma_buf {
            sys::sync_start(self.lent.as_fd(), Access::Write)
                .map_err(MemoryError::system("begin to write a DMA-BUF"))?;
        }
        Ok(Writing {
            buffer: self,
            at: 0,
            is_over: false,
        })
    }
}

impl AsFd for Buffer {
    /// What is lent of it.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.lent.as_fd()
    }
}

/// A frame is being written, row after row.
#[derive(Debug)]
#[must_use = "the access ends with this value"]
pub struct Writing<'a> {
    buffer: &'a Buffer,
    at: usize,
    is_over: bool,
}

impl Writing<'_> {
    /// Appends bytes.
    pub fn put(&mut self, bytes: &[u8]) -> Result<(), BufferError> {
        let end = self.end_behind(bytes.len())?;
        self.buffer.map.store(self.at, bytes);
        self.at = end;
        Ok(())
    }

    /// Appends bytes of another map, from `offset` on. Between its begin and its end.
    pub fn put_from(&mut self, map: &LentMap, offset: u64, len: usize) -> Result<(), BufferError> {
        let end = self.end_behind(len)?;
        map.copy_across(offset, len, &self.buffer.map, self.at)?;
        self.at = end;
        Ok(())
    }

    /// Where the end is when so many bytes more are written.
    fn end_behind(&self, len: usize) -> Result<usize, MemoryError> {
        let end = self.at + len;
        match end <= self.buffer.size() {
            true => Ok(end),
            false => Err(MemoryError::Outside {
                offset: self.at as u64,
                end: end as u64,
                len: self.buffer.size() as u64,
            }),
        }
    }

    /// Bytes that were written so far.
    #[must_use]
    pub fn written(&self) -> usize {
        self.at
    }

    /// Ends it: whoever reads from now on reads what was written.
    pub fn end(mut self) -> Result<(), BufferError> {
        self.is_over = true;
        Ok(self.sync_end()?)
    }

    fn sync_end(&self) -> Result<(), MemoryError> {
        match self.buffer.is_dma_buf {
            true => sys::sync_end(self.buffer.lent.as_fd(), Access::Write)
                .map_err(MemoryError::system("end writing a DMA-BUF")),
            false => Ok(()),
        }
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            // Who wants to know calls end().
            let _ = self.sync_end();
        }
    }
}
