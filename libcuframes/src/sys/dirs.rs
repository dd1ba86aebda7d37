//! Run directories: where the lock and the socket of a key live.

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, Mode, access, lstat, mkdir};

/// A directory that may hold sockets, and where its path came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    /// The directory.
    pub path: PathBuf,
    /// True if it is one that the publisher makes for itself, mode 0700.
    pub private: bool,
}

/// Every directory that a subscriber looks into, in this order. `$CUFRAMES_RUNTIME_DIR`, when
/// set, is the only one: who names a directory does not want another one silently.
pub fn subscriber_dirs() -> Vec<RunDir> {
    let dir = |path: PathBuf, private| RunDir { path, private };
    if let Some(named) = non_empty("CUFRAMES_RUNTIME_DIR") {
        return vec![dir(named, false)];
    }
    let mut dirs = vec![dir(PathBuf::from("/run/cuframes"), false)];
    dirs.extend(non_empty("XDG_RUNTIME_DIR").map(|xdg| dir(xdg.join("cuframes"), true)));
    let uid = rustix::process::geteuid().as_raw();
    dirs.push(dir(PathBuf::from(format!("/tmp/cuframes-{uid}")), true));
    dirs
}

/// The directory that a publisher uses: the first that it may write. The error names the
/// directory that failed.
pub fn publisher_dir() -> Result<PathBuf, (PathBuf, io::Error)> {
    let mut refused = None;
    for dir in subscriber_dirs() {
        let usable = match dir.private {
            true => make_private(&dir.path),
            false => may_write(&dir.path),
        };
        match usable {
            Ok(()) => return Ok(dir.path),
            Err(error) => refused = Some((dir.path, error)),
        }
    }
    Err(refused.unwrap_or_else(|| (PathBuf::new(), io::ErrorKind::NotFound.into())))
}

fn non_empty(variable: &str) -> Option<PathBuf> {
    let value = std::env::var_os(variable)?;
    (!value.is_empty()).then(|| PathBuf::from(value))
}

fn may_write(path: &Path) -> io::Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(access(path, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// Makes `path`, or accepts it if it is a real directory of ours that nobody else may enter.
fn make_private(path: &Path) -> io::Result<()> {
    match mkdir(path, Mode::RWXU) {
        Ok(()) | Err(rustix::io::Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let stat = lstat(path)?;
    let is_dir = rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir();
    let is_ours = stat.st_uid == rustix::process::geteuid().as_raw();
    match is_dir && is_ours && stat.st_mode & 0o077 == 0 {
        true => Ok(()),
        false => Err(io::ErrorKind::PermissionDenied.into()),
    }
}
