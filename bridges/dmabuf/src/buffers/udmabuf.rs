//! DMA-BUFs over memfds.

use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, SealFlags, open};

use super::{BufferError, memfd};
use crate::memory::MemoryError;
use crate::sys::{self, Access, Map};

const DEVICE: &str = "/dev/udmabuf";
/// The largest buffer that it makes, in MiB.
const LIMIT: &str = "/sys/module/udmabuf/parameters/size_limit_mb";

/// A map of the DMA-BUF, and the DMA-BUF.
pub fn make(size: usize) -> Result<(Map, OwnedFd), BufferError> {
    let device = Path::new(DEVICE);
    let opened = open(device, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty());
    let opened = opened.map_err(BufferError::opening(device, Vec::new))?;
    // The device demands this seal, and refuses that against writing.
    let memory = memfd::sealed(size, SealFlags::SHRINK)?;
    let made = sys::udmabuf_create(opened.as_fd(), memory.as_fd(), size);
    let dma_buf = made.map_err(|error| match too_large(size) {
        // It says EINVAL, as of much else.
        Some(error) => error,
        None => BufferError::device(device, size)(error),
    })?;
    let map = Map::new(dma_buf.as_fd(), size, Access::Write);
    let map = map.map_err(MemoryError::system("map a DMA-BUF"))?;
    Ok((map, dma_buf))
}

/// The error, if that is what it was.
fn too_large(size: usize) -> Option<BufferError> {
    let limit = std::fs::read_to_string(LIMIT).ok()?;
    let limit_mib: u64 = limit.trim().parse().ok()?;
    (size as u64 >> 20 > limit_mib).then(|| BufferError::TooLarge {
        device: DEVICE.into(),
        size,
        limit_mib,
        setting: PathBuf::from(LIMIT),
    })
}
