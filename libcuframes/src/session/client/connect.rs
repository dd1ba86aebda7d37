//! Finding the publisher of a key, and deciding whether to trust it.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::session::connection::Connection;
use crate::sys;

/// Connects to the control socket of `key` in the first run directory where somebody listens.
pub(super) fn connect(key: &str, allow_uids: &[u32]) -> Result<Connection> {
    let dirs = sys::subscriber_dirs();
    let mut forbidden = None;
    for dir in &dirs {
        let path = socket_path(&dir.path, key)?;
        match sys::connect(&path) {
            Ok(fd) => return check_publisher(Connection::new(fd), &path, allow_uids),
            Err(error) => match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {}
                io::ErrorKind::PermissionDenied => forbidden = Some(path),
                // The backlog is full: somebody is there, and busy.
                io::ErrorKind::WouldBlock => return Err(not_found(key, &dirs)),
                _ => {
                    return Err(Error::system(format!("connect to {}", path.display()))(
                        error,
                    ));
                }
            },
        }
    }
    match forbidden {
        Some(path) => Err(Error::Permission(format!(
            "connect to {}; join the group of the socket, or ask for another socket_mode",
            path.display()
        ))),
        None => Err(not_found(key, &dirs)),
    }
}

fn not_found(key: &str, dirs: &[sys::RunDir]) -> Error {
    let names: Vec<_> = dirs
        .iter()
        .map(|dir| dir.path.display().to_string())
        .collect();
    Error::NotFound {
        key: key.to_owned(),
        looked: names.join(", "),
    }
}

/// The path of the control socket, if it fits into an address.
pub fn socket_path(dir: &Path, key: &str) -> Result<PathBuf> {
    const LONGEST: usize = 107;
    let path = dir.join(format!("{key}.sock"));
    match path.as_os_str().len() {
        length if length > LONGEST => Err(Error::PathTooLong { path, length }),
        _ => Ok(path),
    }
}

fn check_publisher(connection: Connection, path: &Path, allow: &[u32]) -> Result<Connection> {
    let (_, uid) = connection.peer().map_err(Error::system(format!(
        "ask who listens at {}",
        path.display()
    )))?;
    match is_trusted(uid, allow) {
        true => Ok(connection),
        false => Err(Error::Permission(format!(
            "{} is served by user {uid}; add it to allow_uids to trust it",
            path.display()
        ))),
    }
}

pub(super) fn is_trusted(uid: u32, allow: &[u32]) -> bool {
    uid == 0 || uid == sys::effective_uid() || allow.contains(&uid)
}
