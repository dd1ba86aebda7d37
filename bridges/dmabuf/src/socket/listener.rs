//! A socket that waits for peers.

use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use ::socket::{Claimed, claim};
use rustix::io::Errno;
use rustix::net::{SocketFlags, SocketType, accept_with};

use super::{Connection, SocketError};

/// A socket that waits for peers. Its file is removed with it, if it is still its own.
#[derive(Debug)]
pub struct Listener {
    socket: Claimed,
}

impl Listener {
    /// Listens at `path` with `mode`. A socket that nobody answers at is replaced.
    pub fn bind(path: &Path, mode: u32) -> Result<Listener, SocketError> {
        let socket = claim(path, mode, SocketType::SEQPACKET)?;
        Ok(Listener { socket })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.socket.path()
    }

    /// The next peer that waits, if one does. `System` of EMFILE or ENFILE leaves it waiting.
    pub fn accept(&self) -> Result<Option<Connection>, SocketError> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        loop {
            match accept_with(&self.socket, flags) {
                Ok(socket) => return Ok(Some(Connection::new(socket))),
                Err(Errno::AGAIN) => return Ok(None),
                // It went away while it waited.
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(error) => {
                    let path: PathBuf = self.path().to_owned();
                    let what = "accept a peer at";
                    let source = error.into();
                    return Err(SocketError::System { what, path, source });
                }
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
