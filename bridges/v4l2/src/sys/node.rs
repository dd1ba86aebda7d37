//! A device of the video subsystem, open.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, major, open};
use rustix::io::Errno;

/// The number of the kernel's video subsystem.
const VIDEO_MAJOR: u32 = 81;

/// A descriptor of a video device, and of nothing else.
#[derive(Debug)]
pub struct Node(OwnedFd);

impl Node {
    /// Opens `path`; `ENOTTY` if it is something else.
    pub fn open(path: &Path) -> Result<Node, Errno> {
        let flags = OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = open(path, flags, Mode::empty())?;
        let status = fstat(&opened)?;
        let is_device = FileType::from_raw_mode(status.st_mode) == FileType::CharacterDevice;
        match is_device && major(status.st_rdev) == VIDEO_MAJOR {
            true => Ok(Node(opened)),
            false => Err(Errno::NOTTY),
        }
    }
}

impl AsFd for Node {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
