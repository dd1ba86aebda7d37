//! Removing what killed processes left.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use crate::error::ErrorKind;
use crate::inspect::{inspect, list};
use crate::sys::{Lock, LockOutcome, is_locked, remove_shared};
use crate::wire::{LOCK_DIR, Names, SHM_DIR, check_name};

/// A buffer that nobody has any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Its name.
    pub name: String,
    /// What was left of it.
    pub files: Vec<PathBuf>,
}

/// Removes the files of buffers whose reader and writer are gone, or only tells which they are, if
/// `dry_run`. A buffer that somebody has is left alone; so is what belongs to another user.
pub fn remove_stale(dry_run: bool) -> io::Result<Vec<Removed>> {
    let mut removed = Vec::new();
    for name in candidates()? {
        let names = Names::new(&name);
        if dry_run && is_stale(&name, &names) {
            let files = names.paths().into_iter().filter(|path| path.exists());
            removed.push(Removed {
                name,
                files: files.collect(),
            });
        } else if !dry_run {
            removed.extend(remove_one(&name));
        }
    }
    Ok(removed)
}

/// Removes the files of this buffer if nobody has it.
pub(crate) fn remove_one(name: &str) -> Option<Removed> {
    let names = Names::new(name);
    if !is_stale(name, &names) {
        return None;
    }
    // Nobody can make a buffer of this name meanwhile, and the lock's file goes with the lock.
    let Ok(LockOutcome::Taken(lock)) = Lock::take(&names.lock) else {
        return None;
    };
    is_stale_under_lock(name, &names).then(|| {
        let files = remove(&names, lock);
        tracing::info!(name, "removed what was left of a buffer");
        Removed {
            name: name.to_owned(),
            files,
        }
    })
}

/// Removes what is there, and tells what it was.
fn remove(names: &Names, lock: Lock) -> Vec<PathBuf> {
    let there: Vec<PathBuf> = names
        .paths()
        .into_iter()
        .filter(|path| path.exists())
        .collect();
    for file in [&names.segment, &names.frames, &names.space] {
        if let Err(error) = remove_shared(file) {
            tracing::warn!(file, %error, "cannot be removed");
        }
    }
    drop(lock);
    there.into_iter().filter(|path| !path.exists()).collect()
}

/// True if nobody has the lock, nor the segment if there is one.
fn is_stale(name: &str, names: &Names) -> bool {
    !is_locked(&names.lock_path()) && is_stale_under_lock(name, names)
}

fn is_stale_under_lock(name: &str, names: &Names) -> bool {
    if is_locked(&names.foreign_lock()) {
        return false;
    }
    match inspect(name) {
        Ok(info) => !info.lives(),
        Err(error) => error.kind() == ErrorKind::BufferNotFound,
    }
}

/// Names of which any file is there.
fn candidates() -> io::Result<BTreeSet<String>> {
    let mut names: BTreeSet<String> = list()?.into_iter().collect();
    let mut add = |file: &str, prefix: &str, suffix: &str| {
        let name = file
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_suffix(suffix));
        names.extend(
            name.filter(|name| check_name(name).is_ok())
                .map(str::to_owned),
        );
    };
    for file in files(SHM_DIR)? {
        add(&file, "sem.sem-w-", "");
        add(&file, "sem.sem-r-", "");
    }
    for file in files(LOCK_DIR)? {
        add(&file, "", ".lock");
    }
    Ok(names)
}

/// Names of the files in a folder; none if it is not there.
fn files(folder: &str) -> io::Result<Vec<String>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries
            .filter_map(|entry| {
                entry
                    .map(|entry| entry.file_name().into_string().ok())
                    .transpose()
            })
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
