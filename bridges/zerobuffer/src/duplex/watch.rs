//! Waiting for buffers that come and go, without looking for them again and again.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tracing::warn;

use crate::wire::{Names, SHM_DIR};
use crate::{Error, ErrorKind, Result};

/// How often is looked where the system grants no watch.
const UNWATCHED: Duration = Duration::from_millis(100);
/// The first pause before a buffer that is being made is tried again; each later one is twice as
/// long. Making one ends with a word in memory, which no watch tells of.
const FIRST_PAUSE: Duration = Duration::from_millis(1);
/// The longest of these pauses, after which only the watch is relied on.
const LAST_PAUSE: Duration = Duration::from_millis(256);

/// When a time is over that begins now; no process waits longer than the longest of them.
pub(super) fn deadline(timeout: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
    Instant::now() + timeout.min(100 * YEAR)
}

/// Something to wait for beside files: a descriptor that others make readable.
pub(super) struct Signal(OwnedFd);

impl Signal {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Signal(eventfd(0, EventfdFlags::CLOEXEC)?))
    }

    /// Makes it readable, for ever.
    pub(super) fn raise(&self) {
        let written = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
        written.expect("an eventfd takes a 1 unless it has been raised 2^64 times");
    }
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A file of the buffer came or went, or might have.
    Change,
    /// Nothing, in the time given.
    Nothing,
    /// The signal was raised.
    Signal,
}

/// A watch over the files of one buffer.
pub(super) struct Watch {
    inotify: Option<OwnedFd>,
    files: [String; 3],
}

impl Watch {
    /// Watches the buffer `name`, there or not. Where the system grants no watch it says so in the
    /// log, and looks every 100 ms.
    pub(super) fn new(name: &str) -> Self {
        let inotify = watch_directory()
            .inspect_err(|why| warn!(name, %why, "no watch over /dev/shm; looking every 100 ms"))
            .ok();
        let names = Names::new(name);
        Watch {
            inotify,
            files: [names.segment, names.frames, names.space],
        }
    }

    /// Waits for a change since the last wait, at most until `deadline`.
    pub(super) fn wait(&self, deadline: Option<Instant>, signal: Option<&Signal>) -> Seen {
        let Some(inotify) = &self.inotify else {
            let soon = Instant::now() + UNWATCHED;
            let until = deadline.map_or(soon, |deadline| deadline.min(soon));
            return match sleep(None, signal, Some(until)) {
                Seen::Nothing if deadline != Some(until) => Seen::Change,
                seen => seen,
            };
        };
        loop {
            match sleep(Some(inotify.as_fd()), signal, deadline) {
                Seen::Change if !self.concerns(inotify.as_fd()) => {}
                seen => return seen,
            }
        }
    }

    /// Takes all events; true if one of them is about these files.
    fn concerns(&self, inotify: BorrowedFd<'_>) -> bool {
        let mut space = [MaybeUninit::uninit(); 4096];
        let mut events = inotify::Reader::new(inotify, &mut space);
        let mut concerned = false;
        while let Ok(event) = events.next() {
            let lost = event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            let name = event.file_name().map(|name| name.to_bytes());
            concerned |= lost || self.files.iter().any(|f| name == Some(f.as_bytes()));
        }
        concerned
    }
}

fn watch_directory() -> io::Result<OwnedFd> {
    let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let coming = WatchFlags::CREATE | WatchFlags::MOVED_TO;
    let going = WatchFlags::DELETE | WatchFlags::MOVED_FROM;
    inotify::add_watch(&inotify, SHM_DIR, coming | going)?;
    Ok(inotify)
}

/// Waits until one of both is readable: `Change` for the first, or the deadline has come.
fn sleep(files: Option<BorrowedFd<'_>>, signal: Option<&Signal>, until: Option<Instant>) -> Seen {
    loop {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.map(|left| left.try_into().expect("a time-out of centuries"));
        let entry = |fd| PollFd::from_borrowed_fd(fd, PollFlags::IN);
        let signals = signal.map(|signal| entry(signal.0.as_fd()));
        let mut fds: Vec<_> = signals.into_iter().chain(files.map(entry)).collect();
        match poll(&mut fds, timeout.as_ref()) {
            Err(Errno::INTR) => {}
            Err(why) => panic!("poll of our own descriptors: {why}"),
            Ok(0) => return Seen::Nothing,
            Ok(_) if signal.is_some() && !fds[0].revents().is_empty() => return Seen::Signal,
            Ok(_) => return Seen::Change,
        }
    }
}

/// How long to wait before a buffer that may be half made is tried again.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Pauses(FIRST_PAUSE)
    }

    /// The next pause, or `None` if only a change is worth a try.
    pub(super) fn next(&mut self) -> Option<Duration> {
        let pause = self.0;
        self.0 *= 2;
        (pause <= LAST_PAUSE).then_some(pause)
    }
}

/// Tries `attempt` on the buffer `name` until it succeeds, fails in a way that `passing` does not
/// know as one that passes, or `deadline` comes; then the last error is returned.
pub(super) fn until<T>(
    name: &str,
    deadline: Instant,
    passing: fn(ErrorKind) -> bool,
    mut attempt: impl FnMut() -> Result<T>,
) -> Result<T> {
    let watch = Watch::new(name);
    let mut pauses = Pauses::new();
    loop {
        let error = match attempt() {
            Err(error) if passing(error.kind()) => error,
            done => return done,
        };
        let pause = match error {
            Error::BufferNotFound { .. } => None,
            _ => pauses.next(),
        };
        let wake = pause.map_or(deadline, |pause| deadline.min(Instant::now() + pause));
        if watch.wait(Some(wake), None) == Seen::Change {
            pauses = Pauses::new();
        } else if Instant::now() >= deadline {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn name(what: &str) -> String {
        format!("zb-watch-{what}-{}", std::process::id())
    }

    fn soon() -> Option<Instant> {
        Some(Instant::now() + Duration::from_secs(20))
    }

    #[test]
    fn only_files_of_the_buffer_are_told_of() {
        let name = name("files");
        let watch = Watch::new(&name);
        let (mine, other) = (format!("{SHM_DIR}/{name}"), format!("{SHM_DIR}/{name}x"));
        fs::write(&other, "").expect("other file");
        fs::remove_file(&other).expect("other file removed");
        assert_eq!(watch.wait(Some(Instant::now()), None), Seen::Nothing);
        fs::write(&mine, "").expect("file");
        assert_eq!(watch.wait(soon(), None), Seen::Change);
        fs::remove_file(&mine).expect("file removed");
        assert_eq!(watch.wait(soon(), None), Seen::Change);
        assert_eq!(watch.wait(Some(Instant::now()), None), Seen::Nothing);
    }

    #[test]
    fn a_signal_ends_a_wait_without_deadline() {
        let watch = Watch::new(&name("signal"));
        let signal = Signal::new().expect("signal");
        let seen = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| watch.wait(None, Some(&signal)));
            signal.raise();
            waiting.join().expect("it does not panic")
        });
        assert_eq!(seen, Seen::Signal);
    }

    #[test]
    fn a_signal_ends_a_wait_that_has_no_watch() {
        let watch = Watch {
            inotify: None,
            files: [const { String::new() }; 3],
        };
        let signal = Signal::new().expect("signal");
        assert_eq!(watch.wait(None, Some(&signal)), Seen::Change, "it looks");
        signal.raise();
        assert_eq!(watch.wait(None, Some(&signal)), Seen::Signal);
    }
}
