//! DMA-BUFs of a heap.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, open};

use super::BufferError;
use crate::memory::MemoryError;
use crate::sys::{self, Access, Map};

const DIRECTORY: &str = "/dev/dma_heap";

/// Whether it can be the name of a heap: one component of a path.
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\0']) && name != "." && name != ".."
}

/// A map of the DMA-BUF, and the DMA-BUF.
pub fn make(name: &str, size: usize) -> Result<(Map, OwnedFd), BufferError> {
    let device = Path::new(DIRECTORY).join(name);
    let opened = open(&device, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let opened = opened.map_err(BufferError::opening(&device, heaps))?;
    let made = sys::heap_allocate(opened.as_fd(), size);
    let dma_buf = made.map_err(BufferError::device(&device, size))?;
    let map = Map::new(dma_buf.as_fd(), size, Access::Write);
    let map = map.map_err(MemoryError::system("map a DMA-BUF"))?;
    Ok((map, dma_buf))
}

/// Those that there are.
fn heaps() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(DIRECTORY).into_iter().flatten().flatten();
    let mut heaps: Vec<_> = entries.map(|entry| entry.path()).collect();
    heaps.sort();
    heaps
}
