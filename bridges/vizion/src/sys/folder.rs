//! The folder of shared memory, and who has a name in it.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, inotify, openat, statat, unlinkat};
use rustix::io::Errno;

use super::shape::{Identity, Shape};
use crate::names::SHM_DIR;

/// The folder itself.
pub fn shared_dir() -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(openat(CWD, SHM_DIR, flags, Mode::empty())?)
}

/// Who has a name.
#[derive(Debug)]
pub enum Occupant {
    /// Nobody.
    Nobody,
    /// A file.
    File(OwnedFd),
    /// Something else: a link, a folder, a pipe.
    Other,
}

/// Looks who has the name `file`.
pub fn occupant(file: &str) -> io::Result<Occupant> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = match openat(shared_dir()?, file, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::NOENT) => return Ok(Occupant::Nobody),
        Err(Errno::LOOP | Errno::NXIO) => return Ok(Occupant::Other),
        Err(error) => return Err(error.into()),
    };
    let stat = fstat(&opened)?;
    match rustix::fs::FileType::from_raw_mode(stat.st_mode) {
        rustix::fs::FileType::RegularFile => Ok(Occupant::File(opened)),
        _ => Ok(Occupant::Other),
    }
}

/// Removes the name `file`, if there is one.
pub fn unlink(file: &str) -> io::Result<()> {
    match unlinkat(shared_dir()?, file, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Which file has the name `file`; `None` if none has it, or none that can be looked at.
pub fn is_named(file: &str) -> Option<Identity> {
    let found = statat(shared_dir().ok()?, file, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(Shape::of(&found).identity)
}

/// Tells that files get a name.
#[derive(Debug)]
pub struct Arrivals(OwnedFd);

impl Arrivals {
    /// Looks from now on.
    pub fn watch() -> io::Result<Self> {
        use inotify::{CreateFlags, WatchFlags};
        let events = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::CLOSE_WRITE;
        inotify::add_watch(&events, SHM_DIR, what)?;
        Ok(Arrivals(events))
    }

    /// Waits until there was any, or the time is over.
    pub fn wait(&self, limit: Duration) -> io::Result<()> {
        let limit = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let mut asked = [PollFd::new(&self.0, PollFlags::IN)];
        match poll(&mut asked, Some(&limit)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Which files they were is not of interest: the name is looked for again.
        let mut buffer = [MaybeUninit::uninit(); 4096];
        while rustix::io::read(self.0.as_fd(), &mut buffer).is_ok_and(|(read, _)| !read.is_empty())
        {
        }
        Ok(())
    }
}
