//! Whether the process behind a number lives.
//!
//! The number is all that the wire has, and it is one of the peer's own PID namespace. So
//!
//! - a process that is found, and whose memory maps can be read, must map the segment: otherwise
//!   it is another one that got the number later, or has it in another namespace;
//! - once found, it is watched by a descriptor of its own, which also tells when it has become a
//!   zombie, and is never mistaken for a later process;
//! - one that is not found may be in another namespace; one whose maps cannot be read may be the
//!   wrong one; and one with the number of this process may be anywhere. Then the kernel is asked
//!   who else has the segment's file open: it grants a write lease to its owner only if nobody
//!   does.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, getpid, pidfd_open, test_kill_process};

use super::file::identity;

/// Which signal tells of an open that waits for a lease, of `linux/fcntl.h`.
const F_SETSIG: i32 = 10;

/// What is known of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs, here or in another PID namespace.
    Alive,
    /// It is gone, or has no memory any more.
    Dead,
}

/// The process on the other side.
#[derive(Debug)]
pub struct Peer {
    pid: u64,
    /// `None` if there is no such process in this namespace, or it is this one.
    watch: Option<Watch>,
    /// It is known to map the segment.
    is_certain: bool,
}

/// How a process is watched.
#[derive(Debug)]
enum Watch {
    /// By a descriptor of it.
    Descriptor(OwnedFd),
    /// By its number alone, as kernels before 5.3, some sandboxes and valgrind have no such
    /// descriptors: a zombie looks alive, and so does a process that got the number later.
    Number(Pid),
}

impl Watch {
    fn begin(pid: Pid) -> Option<Watch> {
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => Some(Watch::Descriptor(descriptor)),
            Err(Errno::NOSYS | Errno::PERM) => Some(Watch::Number(pid)),
            Err(_) => None,
        }
    }

    fn is_running(&self) -> bool {
        match self {
            Watch::Descriptor(descriptor) => !has_ended(descriptor),
            // Who must not be signalled is there.
            Watch::Number(pid) => test_kill_process(*pid) != Err(Errno::SRCH),
        }
    }
}

impl Peer {
    /// Finds the process `pid`, which is to have `segment` mapped.
    pub fn find(pid: u64, segment: impl AsFd) -> Peer {
        let found = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let found = found.filter(|&found| found != getpid());
        let maps = found.and_then(|found| maps(found, segment));
        let watch = found.filter(|_| maps != Some(false)).and_then(Watch::begin);
        Peer {
            pid,
            watch,
            is_certain: maps.is_some(),
        }
    }

    /// Its number.
    pub fn pid(&self) -> u64 {
        self.pid
    }

    /// True if it is found in this namespace, is another process, and runs.
    pub fn is_running(&self) -> bool {
        self.watch.as_ref().is_some_and(Watch::is_running)
    }

    /// True if it runs, and is known to map the segment.
    pub fn is_certain_to_run(&self) -> bool {
        self.is_certain && self.is_running()
    }

    /// Whether it lives, as far as this process may know; `segment` is the file that it has open.
    pub fn life(&self, segment: impl AsFd) -> Life {
        let alive = match &self.watch {
            Some(_) if self.is_certain => self.is_running(),
            Some(_) => self.is_running() && is_open_elsewhere(segment).unwrap_or(true),
            None => self.pid != 0 && is_open_elsewhere(segment).unwrap_or(false),
        };
        if alive { Life::Alive } else { Life::Dead }
    }
}

/// Whether a process that maps the segment is found in this namespace, this one among them.
pub fn is_mapped_by(pid: u64, segment: impl AsFd) -> bool {
    match pid == own_pid() {
        true => maps(getpid(), segment) == Some(true),
        false => Peer::find(pid, segment).is_running(),
    }
}

/// The number of this process.
pub fn own_pid() -> u64 {
    getpid().as_raw_pid() as u64
}

/// A descriptor of a process can be read once it has ended.
fn has_ended(watch: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(watch, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    matches!(poll(&mut fds, Some(&at_once)), Ok(1))
}

/// Whether the process maps the file; `None` if that is not ours to know.
fn maps(pid: Pid, segment: impl AsFd) -> Option<bool> {
    let (device, inode) = identity(segment).ok()?;
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let file = format!("{major:02x}:{minor:02x} {inode} ");
    let maps = std::fs::read(format!("/proc/{}/maps", pid.as_raw_pid())).ok()?;
    // A process that has ended, or is a kernel's thread, has none.
    let maps = String::from_utf8_lossy(&maps);
    Some(maps.lines().any(|line| line.contains(&file)))
}

/// Whether anybody but this descriptor has the file open for writing, or mapped. Only the owner of
/// the file may ask.
fn is_open_elsewhere(segment: impl AsFd) -> io::Result<bool> {
    let fd = segment.as_fd().as_raw_fd();
    // Who opens the file between the two next calls waits for the second of them, and the kernel
    // tells us so by this signal; nobody minds it, and the usual one would end the process.
    // SAFETY: S3: the descriptor is open, and the call takes a number.
    let told = unsafe { libc::fcntl(fd, F_SETSIG, libc::SIGURG) };
    check(told)?;
    // SAFETY: S3: as above.
    let granted = unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_WRLCK) };
    match check(granted) {
        Ok(()) => {
            // SAFETY: S3: as above.
            unsafe { libc::fcntl(fd, libc::F_SETLEASE, libc::F_UNLCK) };
            Ok(false)
        }
        Err(error) if error.raw_os_error() == Some(Errno::AGAIN.raw_os_error()) => Ok(true),
        Err(error) => Err(error),
    }
}

fn check(outcome: i32) -> io::Result<()> {
    match outcome {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}
