//! Open-file-description locks: "is its owner alive" as a question to the kernel.
//!
//! Such a lock belongs to an open description, not to a process: it ends exactly when the last
//! descriptor of it is closed, by whatever way its owner dies, and the answer is the same in
//! every PID, IPC and user namespace.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, fstat, lstat, open};

use super::Fd;

/// How long a loser waits for the winner to write its pid into the lock file.
const PID_WAIT: Duration = Duration::from_millis(100);

/// The lock of a key: who holds it is the key's publisher.
#[derive(Debug)]
pub struct KeyLock {
    fd: Fd,
}

/// Who holds a lock that could not be taken.
#[derive(Debug)]
pub enum Owner {
    /// The caller: it has the lock now.
    Caller(KeyLock),
    /// Another process; its pid as it wrote it down, unless it has not yet.
    Other(Option<u32>),
}

impl KeyLock {
    /// Takes the lock file at `path`, which is made if need be and never removed.
    pub fn take(path: &Path) -> io::Result<Owner> {
        loop {
            let fd = open_lock_file(path, OFlags::CREATE)?;
            if !lock_whole(&fd)? {
                return Ok(Owner::Other(pid_in(&fd)));
            }
            if is_file_at(&fd, path) {
                write_pid(&fd)?;
                return Ok(Owner::Caller(KeyLock { fd }));
            }
        }
    }
}

impl Drop for KeyLock {
    fn drop(&mut self) {
        // A process that goes on living is not to be taken for the next owner.
        if self.fd.generation().is_current() {
            let _ = rustix::fs::ftruncate(&self.fd, 0);
        }
    }
}

/// Who holds the lock file at `path`: `None` if nobody does or there is no such file.
pub fn lock_owner(path: &Path) -> io::Result<Option<u32>> {
    match open(
        path,
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    ) {
        Err(rustix::io::Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
        Ok(fd) => {
            let fd = Fd::from(fd);
            let alive = is_alive(&fd)?;
            Ok(alive.then(|| pid_in(&fd).unwrap_or(0)))
        }
    }
}

/// Takes the write lock on the whole file if nobody else has one.
pub fn lock_whole(fd: &Fd) -> io::Result<bool> {
    let mut request = whole_file(libc::F_WRLCK);
    let raw = fd.as_fd().as_raw_fd();
    // SAFETY: a valid descriptor and a valid `flock`, which the call may overwrite.
    match unsafe { libc::fcntl(raw, libc::F_OFD_SETLK, &mut request) } {
        0 => Ok(true),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            error if error.raw_os_error() == Some(libc::EACCES) => Ok(false),
            error => Err(error),
        },
    }
}

/// True while somebody else's description holds the write lock. Asked with F_RDLCK, because a
/// question for a write lock could be answered by any reader's harmless read lock.
pub fn is_alive(fd: impl AsFd) -> io::Result<bool> {
    let mut question = whole_file(libc::F_RDLCK);
    let raw = fd.as_fd().as_raw_fd();
    // SAFETY: a valid descriptor and a valid `flock`, which the call overwrites.
    match unsafe { libc::fcntl(raw, libc::F_OFD_GETLK, &mut question) } {
        0 => Ok(question.l_type != libc::F_UNLCK as i16),
        _ => Err(io::Error::last_os_error()),
    }
}

fn whole_file(kind: i32) -> libc::flock {
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

fn open_lock_file(path: &Path, flags: OFlags) -> io::Result<Fd> {
    let flags = flags | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(Fd::from(open(path, flags, Mode::RUSR | Mode::WUSR)?))
}

fn is_file_at(fd: &Fd, path: &Path) -> bool {
    match (fstat(fd), lstat(path)) {
        (Ok(ours), Ok(there)) => (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino),
        _ => false,
    }
}

fn as_file(fd: &Fd) -> io::Result<File> {
    let copy: OwnedFd = rustix::io::fcntl_dupfd_cloexec(fd, 0)?;
    Ok(File::from(copy))
}

fn write_pid(fd: &Fd) -> io::Result<()> {
    let mut file = as_file(fd)?;
    let text = format!("{}\n", std::process::id());
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)
}

/// The pid in a lock file. A winner needs a moment to write it, and a killed predecessor's may
/// still be there: a pid that is not running is read again until the time is up.
fn pid_in(fd: &Fd) -> Option<u32> {
    let started = Instant::now();
    loop {
        let pid = read_pid(fd);
        let running = pid.is_some_and(|pid| Path::new(&format!("/proc/{pid}")).exists());
        if running || started.elapsed() >= PID_WAIT {
            return pid;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn read_pid(fd: &Fd) -> Option<u32> {
    let mut file = as_file(fd).ok()?;
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}
