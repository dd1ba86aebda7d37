//! Who is at the other end, and whether it is one of us.

use std::fmt;
use std::io;
use std::os::fd::BorrowedFd;

use crate::sys;

/// The process that connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its process, or 0 if that is in a PID namespace that cannot be seen from here.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
}

impl Peer {
    /// Who is at the other end of a connected socket.
    pub fn of(socket: BorrowedFd<'_>) -> io::Result<Peer> {
        let (pid, uid) = sys::peer_credentials(socket)?;
        Ok(Peer { pid, uid })
    }

    /// Whether it runs as this process does, or as root.
    #[must_use]
    pub fn is_owner(self) -> bool {
        self.uid == 0 || self.uid == rustix::process::geteuid().as_raw()
    }

    /// Whether it runs as this process does, as root, or as one of `others`.
    #[must_use]
    pub fn is_trusted(self, others: &[u32]) -> bool {
        self.is_owner() || others.contains(&self.uid)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} of user {}", self.pid, self.uid)
    }
}
