//! Files of POSIX shared memory, by name.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{CWD, Mode, OFlags, fstat, openat, unlinkat};

use crate::wire::SHM_DIR;

/// The folder that they lie in.
pub fn shared_dir() -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, SHM_DIR, flags, Mode::empty())?)
}

/// Opens the file `name`; `None` if there is none.
pub fn open_shared(name: &str, writable: bool) -> io::Result<Option<OwnedFd>> {
    let access = if writable {
        OFlags::RDWR
    } else {
        OFlags::RDONLY
    };
    let flags = access | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match openat(shared_dir()?, name, flags, Mode::empty()) {
        Ok(file) => Ok(Some(file)),
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Removes the file `name`; false if there was none.
pub fn remove_shared(name: &str) -> io::Result<bool> {
    match unlinkat(shared_dir()?, name, rustix::fs::AtFlags::empty()) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::NOENT) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Device and inode: which file it is, whatever its name.
pub fn identity(fd: impl AsFd) -> io::Result<(u64, u64)> {
    let stat = fstat(fd)?;
    Ok((stat.st_dev, stat.st_ino))
}

/// True if the file `name` of `dir` is the one that `fd` has open.
pub fn is_same_file(dir: impl AsFd, name: &str, fd: impl AsFd) -> bool {
    let flags = rustix::fs::AtFlags::SYMLINK_NOFOLLOW;
    let Ok(found) = rustix::fs::statat(dir, name, flags) else {
        return false;
    };
    identity(fd).is_ok_and(|identity| identity == (found.st_dev, found.st_ino))
}
