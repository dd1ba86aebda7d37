//! A socket in the file system: one that nobody answers at is replaced, and of several processes that
//! want the same path exactly one gets it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{fs, mem};

use rustix::fs::{FlockOperation, Mode, OFlags, chmod, flock, open};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};

use crate::SocketError;

/// Connections that may wait for their turn. One more is an error to a client with a limit of time,
/// and those that come and go at once count until their turn.
const BACKLOG: i32 = 1024;
/// How long others may take to get their sockets in the same directory.
const LOCK_TIME: Duration = Duration::from_secs(5);
/// From one look at that lock to the next: nothing tells when it is free but a call that waits for ever.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// A socket that listens. Dropping it removes its file, if that is still this socket's.
#[derive(Debug)]
pub struct Claimed {
    socket: OwnedFd,
    path: PathBuf,
    /// Device and number of the file. Nobody else's has them while the socket is open, as that
    /// keeps the file.
    identity: (u64, u64),
}

/// Listens at `path` with `mode`, which is set before the first peer can connect; `kind` is SEQPACKET
/// or STREAM.
///
/// The lock is that of the directory: it is held from the look at what lies there until the new
/// socket listens, so nobody can take the one for a stale one, and no file remains of it.
pub fn claim(path: &Path, mode: u32, kind: SocketType) -> Result<Claimed, SocketError> {
    let address = address(path)?;
    let lock = lock_directory(path, LOCK_TIME)?;
    remove_stale(path, &address, kind)?;
    let failed = |what| move |error: Errno| SocketError::system(what, path, error.into());
    let socket = unnamed(kind).map_err(failed("make a socket for"))?;
    bind(&socket, &address).map_err(failed("bind a socket to"))?;
    let identity = identity(path).map_err(|error| SocketError::system("look at", path, error))?;
    let claimed = Claimed {
        socket,
        path: path.to_owned(),
        identity,
    };
    chmod(path, Mode::from_raw_mode(mode)).map_err(failed("set the mode of"))?;
    listen(&claimed.socket, BACKLOG).map_err(failed("listen at"))?;
    mem::drop(lock);
    Ok(claimed)
}

impl Claimed {
    /// Where it listens.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsFd for Claimed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // Whoever removed it in this moment did what is to be done.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The address of a path.
pub(crate) fn address(path: &Path) -> Result<SocketAddrUnix, SocketError> {
    // An address without a path would be one that the kernel chooses.
    let named = Some(path).filter(|path| !path.as_os_str().is_empty());
    let address = named.and_then(|path| SocketAddrUnix::new(path).ok());
    address.ok_or_else(|| SocketError::Path { path: path.into() })
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

/// A socket that does not wait, and is nowhere yet.
pub(crate) fn unnamed(kind: SocketType) -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    socket_with(AddressFamily::UNIX, kind, flags, None)
}

/// The lock of the directory that `path` is in, if others give it back within `patience`.
pub(crate) fn lock_directory(path: &Path, patience: Duration) -> Result<OwnedFd, SocketError> {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let directory = parent.unwrap_or(Path::new("."));
    let failed = |what| move |error: Errno| SocketError::system(what, directory, error.into());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let lock = open(directory, flags, Mode::empty()).map_err(failed("open the directory"))?;
    let deadline = Instant::now() + patience;
    loop {
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(lock),
            Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < deadline => sleep(LOCK_PAUSE),
            Err(Errno::WOULDBLOCK) => {
                return Err(SocketError::Locked {
                    directory: directory.into(),
                });
            }
            Err(error) => return Err(failed("lock the directory")(error)),
        }
    }
}

/// Removes the socket of a process that ended without doing so.
fn remove_stale(
    path: &Path,
    address: &SocketAddrUnix,
    kind: SocketType,
) -> Result<(), SocketError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_) => return Err(SocketError::NotASocket { path: path.into() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(SocketError::system("look at", path, error)),
    }
    let probe = unnamed(kind).map_err(|error| SocketError::system("probe", path, error.into()))?;
    match connect(&probe, address) {
        Err(Errno::CONNREFUSED) => {}
        // A full backlog is somebody's.
        Ok(()) | Err(Errno::AGAIN) => return Err(SocketError::InUse { path: path.into() }),
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(SocketError::system("probe", path, error.into())),
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(SocketError::system("remove the stale socket", path, error))
        }
        _ => Ok(()),
    }
}
