//! A socket that waits for peers.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::net::{SocketFlags, accept_with};

use super::file::{SocketFile, claim};
use super::{Connection, SocketError};

/// A socket that waits for peers. Its file is removed with it, if it is still its own.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    file: SocketFile,
}

impl Listener {
    /// Listens at `path` with `mode`. A socket that nobody answers at is replaced.
    pub fn bind(path: &Path, mode: u32) -> Result<Listener, SocketError> {
        let (socket, file) = claim(path, mode)?;
        Ok(Listener { socket, file })
    }

    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
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
