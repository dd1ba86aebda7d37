//! The question that no safe function asks the kernel: who is at the other end of a socket.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// (pid, uid) of the process that connected, as the kernel knows it. The pid is 0 if that is in a
/// PID namespace that this process does not see into, as that of another container.
pub fn peer_credentials(socket: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    let mut found = libc::ucred {
        pid: 0,
        uid: 0,
        gid: 0,
    };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    let place = (&raw mut found).cast();
    let raw = socket.as_raw_fd();
    // Not by rustix, whose pid cannot be 0.
    // SAFETY: an open descriptor, since it is borrowed, and a live `ucred` of the size that the
    // call is told.
    let asked =
        unsafe { libc::getsockopt(raw, libc::SOL_SOCKET, libc::SO_PEERCRED, place, &mut size) };
    match asked {
        0 => Ok((found.pid as u32, found.uid)),
        _ => Err(io::Error::last_os_error()),
    }
}
