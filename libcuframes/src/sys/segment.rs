//! Named segments in /dev/shm: made whole under a temporary name, then renamed into place.
//!
//! The write lock on a segment says that its owner lives. It is also what decides between two
//! who want the same name: a dead segment may be replaced only by who holds *its* lock.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{
    CWD, FallocateFlags, Mode, OFlags, RenameFlags, Stat, fallocate, fchmod, fstat, lstat, open,
    rename, renameat_with, unlink,
};

use super::{Fd, lock};

/// Where named segments live.
pub const SEGMENT_DIR: &str = "/dev/shm";

/// How long two who want the same name may take to settle who gets it.
const SETTLE: Duration = Duration::from_millis(100);

/// What a try at replacing a segment came to.
enum Replacement {
    Done,
    Changed,
    Locked,
}

/// A segment of ours: under its temporary name until `install`, then under its own.
/// Its file is removed on drop, unless the path has become somebody else's.
#[derive(Debug)]
pub struct NamedSegment {
    fd: Fd,
    path: PathBuf,
    identity: (u64, u64),
    target: PathBuf,
}

impl NamedSegment {
    /// Makes the file for `name`, `len` bytes, committed and locked, mode 0600 for now.
    pub fn create(name: &str, epoch: u64, len: u64) -> io::Result<Self> {
        let path = segment_path(&format!("{name}.{epoch:016x}.tmp"));
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
        loop {
            let mode = Mode::RUSR | Mode::WUSR;
            let fd = Fd::from(open(&path, flags | OFlags::CLOEXEC, mode)?);
            let segment = NamedSegment {
                identity: identity(&fstat(&fd)?),
                path: path.clone(),
                target: segment_path(name),
                fd,
            };
            fallocate(&segment.fd, FallocateFlags::empty(), 0, len)?;
            // Before it was locked it looked like a dead one: somebody may have cleaned it up.
            if lock::lock_whole(&segment.fd)? && segment.is_still_ours() {
                return Ok(segment);
            }
        }
    }

    /// The writable description, which holds the lock.
    pub fn fd(&self) -> &Fd {
        &self.fd
    }

    /// The path that the segment has now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it its mode, and opens the read-only description that peers get.
    pub fn open_for_peers(&self, mode: u32) -> io::Result<Fd> {
        fchmod(&self.fd, Mode::from_raw_mode(mode))?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let reader = Fd::from(open(&self.path, flags, Mode::empty())?);
        match identity(&fstat(&reader)?) == self.identity {
            true => Ok(reader),
            false => Err(io::Error::other("the file was replaced by somebody else")),
        }
    }

    /// Renames it into place. `replaces` is our own older segment, when reconfiguring.
    /// An error of kind `AlreadyExists` means that the name belongs to a live publisher.
    pub fn install(&mut self, replaces: Option<&NamedSegment>) -> io::Result<()> {
        let started = Instant::now();
        loop {
            match renameat_with(CWD, &self.path, CWD, &self.target, RenameFlags::NOREPLACE) {
                Ok(()) => break,
                Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            match self.replace(replaces)? {
                Replacement::Done => break,
                Replacement::Changed => {}
                // Its owner lives, or somebody is just replacing it, who then is the owner.
                Replacement::Locked if started.elapsed() < SETTLE => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Replacement::Locked => return Err(io::ErrorKind::AlreadyExists.into()),
            }
        }
        self.path.clone_from(&self.target);
        Ok(())
    }

    /// One try at replacing what is there.
    fn replace(&self, replaces: Option<&NamedSegment>) -> io::Result<Replacement> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let there = match open(&self.target, flags, Mode::empty()) {
            Err(rustix::io::Errno::NOENT) => return Ok(Replacement::Changed),
            other => Fd::from(other?),
        };
        let found = identity(&fstat(&there)?);
        let ours = replaces.is_some_and(|old| old.identity == found);
        if !ours && !lock::lock_whole(&there)? {
            return Ok(Replacement::Locked);
        }
        // Whoever replaces a segment holds its lock: what we found is still there, or it was
        // replaced before we got the lock.
        if lstat(&self.target).is_ok_and(|stat| identity(&stat) == found) {
            rename(&self.path, &self.target)?;
            return Ok(Replacement::Done);
        }
        Ok(Replacement::Changed)
    }

    fn is_still_ours(&self) -> bool {
        lstat(&self.path).is_ok_and(|stat| identity(&stat) == self.identity)
    }
}

impl Drop for NamedSegment {
    fn drop(&mut self) {
        if super::fork::generation() == self.fd.generation() && self.is_still_ours() {
            // Gone already is as good.
            let _ = unlink(&self.path);
        }
    }
}

/// The path of the segment `name`.
pub fn segment_path(name: &str) -> PathBuf {
    Path::new(SEGMENT_DIR).join(name)
}

/// Every file in /dev/shm whose name starts with `prefix`.
pub fn segments_of(prefix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(SEGMENT_DIR)? {
        let entry = entry?;
        if entry.file_name().as_bytes().starts_with(prefix.as_bytes()) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Removes the segment at `path` if its owner is dead; true if it was removed. With `dry_run`
/// only tells whether it would be.
pub fn remove_dead(path: &Path, dry_run: bool) -> io::Result<bool> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let fd = match open(path, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT) => return Ok(false),
        other => Fd::from(other?),
    };
    if dry_run {
        return Ok(!lock::is_alive(&fd)?);
    }
    let dead = lock::lock_whole(&fd)?;
    let same = lstat(path)
        .is_ok_and(|stat| fstat(&fd).is_ok_and(|ours| identity(&ours) == identity(&stat)));
    if dead && same {
        unlink(path)?;
    }
    Ok(dead && same)
}

/// Removes what publishers of `key` that were killed left under temporary names. Whether a
/// file is theirs is not told by its name but by its lock: nobody alive has it.
pub fn remove_leftovers(key: &str) {
    let prefix = format!("cuframes-{key}.");
    for path in segments_of(&prefix).unwrap_or_default() {
        let temporary = path.extension().is_some_and(|extension| extension == "tmp");
        if temporary {
            // Somebody else's file does not stand in our way.
            let _ = remove_dead(&path, false);
        }
    }
}

/// The uid that owns the file behind `fd`, and whether the file lies on a tmpfs.
pub fn owner_of(fd: &Fd) -> io::Result<(u32, bool)> {
    const TMPFS_MAGIC: u64 = 0x0102_1994;
    let stat = fstat(fd)?;
    let filesystem = rustix::fs::fstatfs(fd)?;
    Ok((stat.st_uid, filesystem.f_type as u64 == TMPFS_MAGIC))
}

fn identity(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}
