//! The end that connects.

use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::io::Errno;
use rustix::net::{SocketAddrUnix, SocketType};

use crate::SocketError;
use crate::file::{address, unnamed};

/// Connects to whoever listens at `path`, which does not wait: where too many do it is an error that
/// [is for now](SocketError::is_for_now).
pub fn connect(path: &Path, kind: SocketType) -> Result<OwnedFd, SocketError> {
    let address = address(path)?;
    let failed = |what| move |error: Errno| SocketError::system(what, path, error.into());
    let socket = unnamed(kind).map_err(failed("make a socket for"))?;
    connect_to(&socket, &address).map_err(|error| match error {
        Errno::NOENT | Errno::CONNREFUSED => SocketError::Nobody { path: path.into() },
        error => failed("connect to")(error),
    })?;
    Ok(socket)
}

fn connect_to(socket: &OwnedFd, address: &SocketAddrUnix) -> rustix::io::Result<()> {
    loop {
        match rustix::net::connect(socket, address) {
            Err(Errno::INTR) => {}
            other => return other,
        }
    }
}
