//! The names that belong to a buffer.

use std::path::PathBuf;

/// A file name has at most 255 bytes, and the longest prefix is `sem.sem-w-`.
const LONGEST: usize = 255 - "sem.sem-w-".len();
/// Where POSIX shared memory and semaphores live.
pub const SHM_DIR: &str = "/dev/shm";
/// Where lock files live, whatever TMPDIR says: other implementations look nowhere else.
pub const LOCK_DIR: &str = "/tmp/zerobuffer";

/// What is wrong with a name, if anything is.
pub fn check(name: &str) -> Result<(), &'static str> {
    match name {
        "" => Err("it is empty"),
        "." | ".." => Err("it is a folder's"),
        _ if name.len() > LONGEST => Err("it is longer than 245 bytes"),
        _ if name.contains('/') => Err("it contains a slash"),
        _ if name.contains('\0') => Err("it contains a zero byte"),
        _ => Ok(()),
    }
}

/// The files of a buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// In [`SHM_DIR`].
    pub segment: String,
    /// In [`SHM_DIR`]: posted by the writer for each frame.
    pub frames: String,
    /// In [`SHM_DIR`]: posted by the reader for each frame given back.
    pub space: String,
    /// In [`LOCK_DIR`]: locked as long as the reader lives.
    pub lock: String,
}

impl Names {
    /// The files of the buffer `name`.
    pub fn new(name: &str) -> Self {
        Names {
            segment: name.to_owned(),
            frames: format!("sem.sem-w-{name}"),
            space: format!("sem.sem-r-{name}"),
            lock: format!("{name}.lock"),
        }
    }

    /// Paths of all of them.
    pub fn paths(&self) -> [PathBuf; 4] {
        let shm = |name: &str| PathBuf::from(SHM_DIR).join(name);
        [
            shm(&self.segment),
            shm(&self.frames),
            shm(&self.space),
            self.lock_path(),
        ]
    }

    /// The lock file.
    pub fn lock_path(&self) -> PathBuf {
        PathBuf::from(LOCK_DIR).join(&self.lock)
    }

    /// Where readers in C# have their lock files, which others do not know.
    pub fn foreign_lock(&self) -> PathBuf {
        std::env::temp_dir()
            .join("zerobuffer/locks")
            .join(&self.lock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_file_can_have_are_refused() {
        for bad in ["", ".", "..", "a/b", "/a", "a\0b", &"x".repeat(246)] {
            check(bad).expect_err(bad);
        }
        for good in ["camera", "a b", "ünï", ".hidden", &"x".repeat(245)] {
            check(good).unwrap_or_else(|why| panic!("{good}: {why}"));
        }
    }
}
