//! Why there is no buffer.

use std::io;
use std::path::{Path, PathBuf};

use crate::memory::MemoryError;

/// Why there is no buffer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BufferError {
    /// The device that makes them is not there.
    #[error("there is no '{}'{}; use {}, or another kind of buffers", .device.display(), those_there(.others), instead(.others))]
    Missing {
        /// Which.
        device: PathBuf,
        /// Devices that are there, and make such buffers too.
        others: Vec<PathBuf>,
    },
    /// This user may not open the device that makes them.
    #[error("this user may not open '{}'; give the user the right to read and write it, as by its group, or use another kind of buffers", .device.display())]
    Denied {
        /// Which.
        device: PathBuf,
    },
    /// More than the device makes.
    #[error("'{}' makes no buffers of {size} bytes, but of {} MiB at most; raise {}, or use another kind of buffers", .device.display(), .limit_mib, .setting.display())]
    TooLarge {
        /// Which.
        device: PathBuf,
        /// What was asked for.
        size: usize,
        /// The most that it makes.
        limit_mib: u64,
        /// Where the limit is set.
        setting: PathBuf,
    },
    /// The device that makes them refuses.
    #[error("'{}' makes no buffer of {size} bytes: {source}; use smaller frames, or another kind of buffers", .device.display())]
    Device {
        /// Which.
        device: PathBuf,
        /// What was asked for.
        size: usize,
        /// Why not.
        source: io::Error,
    },
    /// Not the name of a kind.
    #[error("there are no buffers of the kind '{name}'; use memfd, udmabuf, or heap:NAME")]
    Name {
        /// What was given.
        name: String,
    },
    /// Their memory cannot be used.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

fn those_there(all: &[PathBuf]) -> String {
    match all {
        [] => String::new(),
        all => format!(", but {}", list(all)),
    }
}

fn instead(all: &[PathBuf]) -> &'static str {
    match all {
        [] => "a kernel that has it",
        _ => "one that is there",
    }
}

fn list(all: &[PathBuf]) -> String {
    let names: Vec<_> = all.iter().map(|one| one.display().to_string()).collect();
    names.join(" and ")
}

impl BufferError {
    /// The device cannot be opened. `others`: what is there instead.
    pub(super) fn opening<E: Into<io::Error>>(
        device: &Path,
        others: impl FnOnce() -> Vec<PathBuf>,
    ) -> impl FnOnce(E) -> BufferError {
        let device = device.to_owned();
        move |source| {
            let source = source.into();
            match source.kind() {
                io::ErrorKind::NotFound => BufferError::Missing {
                    device,
                    others: others(),
                },
                io::ErrorKind::PermissionDenied => BufferError::Denied { device },
                _ => BufferError::Device {
                    device,
                    size: 0,
                    source,
                },
            }
        }
    }

    pub(super) fn device(device: &Path, size: usize) -> impl FnOnce(io::Error) -> BufferError {
        let device = device.to_owned();
        move |source| BufferError::Device {
            device,
            size,
            source,
        }
    }
}
