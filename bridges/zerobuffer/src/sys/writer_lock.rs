//! Whether a writer of ours has the segment, wherever it runs: it holds a lock of the segment's
//! file, which the kernel lets go with the last descriptor of that opening.
//!
//! Its number alone does not say so: in another PID namespace it means nothing, and in a container
//! every start of a program has the same. Implementations in other languages have no such lock and
//! do not look for one.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Errno;

/// Takes the lock, until `segment` is closed; false if another writer has it.
pub fn lock_as_writer(segment: impl AsFd) -> io::Result<bool> {
    let mut whole = lock_of_all();
    let Err(error) = call(segment, libc::F_OFD_SETLK, &mut whole) else {
        return Ok(true);
    };
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::AGAIN) => Ok(false),
        // Some sandboxes have no such locks: there it is known by its number alone, as those in
        // other languages are.
        Some(Errno::INVAL | Errno::NOSYS) => Ok(true),
        _ => Err(error),
    }
}

/// True if a writer has the lock. Asks only, and is in nobody's way.
pub fn has_locked_writer(segment: impl AsFd) -> bool {
    let mut whole = lock_of_all();
    let asked = call(segment, libc::F_OFD_GETLK, &mut whole);
    asked.is_ok() && i32::from(whole.l_type) != libc::F_UNLCK
}

fn lock_of_all() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn call(segment: impl AsFd, command: i32, lock: &mut libc::flock) -> io::Result<()> {
    let fd = segment.as_fd().as_raw_fd();
    // SAFETY: S3: the descriptor is open, and the call reads and writes this one structure.
    match unsafe { libc::fcntl(fd, command, lock) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
