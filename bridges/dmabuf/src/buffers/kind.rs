//! The kinds of buffers, by their names.

use std::fmt;
use std::os::fd::OwnedFd;
use std::str::FromStr;

use super::{BufferError, dma_heap, memfd, udmabuf};
use crate::sys::Map;

/// What buffers are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BufferKind {
    /// Sealed memfds, which every machine has: `memfd`.
    #[default]
    Memfd,
    /// DMA-BUFs over memfds, made by /dev/udmabuf: `udmabuf`.
    Udmabuf,
    /// DMA-BUFs of a heap, /dev/dma_heap/NAME: `heap:NAME`.
    Heap(String),
}

impl BufferKind {
    /// Memory of `size` bytes, which are whole pages: our map, and what is lent.
    pub(super) fn make(&self, size: usize) -> Result<(Map, OwnedFd), BufferError> {
        match self {
            BufferKind::Memfd => Ok(memfd::make(size)?),
            BufferKind::Udmabuf => udmabuf::make(size),
            BufferKind::Heap(name) => dma_heap::make(name, size),
        }
    }
}

impl FromStr for BufferKind {
    type Err = BufferError;

    fn from_str(name: &str) -> Result<BufferKind, BufferError> {
        match name {
            "memfd" => Ok(BufferKind::Memfd),
            "udmabuf" => Ok(BufferKind::Udmabuf),
            _ => match name.strip_prefix("heap:") {
                Some(heap) if dma_heap::is_name(heap) => Ok(BufferKind::Heap(heap.to_owned())),
                _ => Err(BufferError::Name { name: name.into() }),
            },
        }
    }
}

impl fmt::Display for BufferKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BufferKind::Memfd => out.write_str("memfd"),
            BufferKind::Udmabuf => out.write_str("udmabuf"),
            BufferKind::Heap(name) => write!(out, "heap:{name}"),
        }
    }
}
