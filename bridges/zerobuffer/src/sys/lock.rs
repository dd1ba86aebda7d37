//! The lock file of a buffer: locked by its reader as long as that lives, and gone with it.
//!
//! The folder is made for everybody, with the sticky bit, as others could not create readers
//! otherwise; it may have been made by somebody else with fewer rights.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, FlockOperation, Mode, OFlags, fchmod, flock, mkdirat, openat, unlinkat};
use rustix::io::Errno;

use super::file::is_same_file;
use crate::wire::LOCK_DIR;

/// A lock that is held; let go, and its file removed, on drop.
#[derive(Debug)]
pub struct Lock {
    dir: OwnedFd,
    name: String,
    file: OwnedFd,
}

/// What became of the attempt to take a lock.
#[derive(Debug)]
pub enum LockOutcome {
    /// It is ours.
    Taken(Lock),
    /// Another process, or another reader of this one, has it.
    Busy,
}

impl Lock {
    /// Takes the lock of the file `name` in the lock folder.
    pub fn take(name: &str) -> io::Result<LockOutcome> {
        let dir = lock_dir()?;
        loop {
            let file = open_or_create(&dir, name)?;
            if !lock(&file)? {
                return Ok(LockOutcome::Busy);
            }
            let lock = Lock {
                dir: dir.try_clone()?,
                name: name.to_owned(),
                file,
            };
            if lock.is_named() {
                return Ok(LockOutcome::Taken(lock));
            }
            // Its owner before us, or somebody who cleaned up, removed the file between our open
            // and our lock: whoever comes next would make and lock another. So do we.
        }
    }

    /// True if the file that is locked still has its name.
    pub fn is_named(&self) -> bool {
        is_same_file(&self.dir, &self.name, &self.file)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while it is still locked: nobody can have locked it meanwhile and lose it.
        if self.is_named() {
            let _ = unlinkat(&self.dir, &self.name, rustix::fs::AtFlags::empty());
        }
    }
}

/// Locks the file for itself; false if somebody else has it so. One that somebody only looks at,
/// as [`is_locked`] does, is free in a moment, or when that one gets a processor again.
fn lock(file: &OwnedFd) -> io::Result<bool> {
    const AT_ONCE: u32 = 50;
    const TRIES: u32 = 1000;
    for tried in 0..TRIES {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::WOULDBLOCK) => {}
            Err(error) => return Err(error.into()),
        }
        match flock(file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => flock(file, FlockOperation::Unlock)?,
            Err(Errno::WOULDBLOCK) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        match tried < AT_ONCE {
            true => std::thread::yield_now(),
            false => std::thread::sleep(Duration::from_micros(200)),
        }
    }
    Ok(false)
}

/// True if somebody has the lock file at `path`; it is not made if it is not there.
pub fn is_locked(path: &Path) -> bool {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let Ok(file) = openat(CWD, path, flags, Mode::empty()) else {
        return false;
    };
    // Shared, and let go at once: two who look do not disturb each other.
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(Errno::WOULDBLOCK)
}

fn lock_dir() -> io::Result<OwnedFd> {
    let everybody = Mode::from_raw_mode(0o1777);
    let made = mkdirat(CWD, LOCK_DIR, everybody);
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let dir = openat(CWD, LOCK_DIR, flags, Mode::empty())?;
    if made.is_ok() {
        // Whatever the umask says.
        fchmod(&dir, everybody)?;
    }
    Ok(dir)
}

/// Opens the file, or makes it: in this order, as in folders for everybody the kernel may refuse to
/// open a file of somebody else where it could also be made.
fn open_or_create(dir: &OwnedFd, name: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    loop {
        match openat(dir, name, flags, Mode::empty()) {
            // flock needs no right to write.
            Err(Errno::ACCESS) => {
                let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
                return Ok(openat(dir, name, flags, Mode::empty())?);
            }
            Err(Errno::NOENT) => {}
            other => return Ok(other?),
        }
        let create = flags | OFlags::CREATE | OFlags::EXCL;
        match openat(dir, name, create, Mode::from_raw_mode(0o666)) {
            Err(Errno::EXIST) => {}
            other => return Ok(other?),
        }
    }
}
