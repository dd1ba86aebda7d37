//! Who talks to us, and who may.

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
    pub(super) fn of(socket: BorrowedFd<'_>) -> io::Result<Peer> {
        let (pid, uid) = sys::peer_credentials(socket)?;
        Ok(Peer { pid, uid })
    }

    /// Whether it runs as this process does, as root, or as one of `others`.
    #[must_use]
    pub fn is_trusted(self, others: &[u32]) -> bool {
        let own = rustix::process::geteuid().as_raw();
        self.uid == 0 || self.uid == own || others.contains(&self.uid)
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "process {} of user {}", self.pid, self.uid)
    }
}
