//! Waiting for descriptors: an epoll set, and an eventfd that interrupts it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, epoll, eventfd, poll};

use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

use super::Fd;

/// A set of descriptors to wait for.
#[derive(Debug)]
pub struct Poller {
    epoll: Fd,
}

/// One descriptor that can be read, or whose other end is gone.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// What `add` was called with.
    pub token: u64,
}

impl Poller {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Poller {
            epoll: Fd::from(epoll),
        })
    }

    /// Waits for `fd` too, and calls it `token`.
    pub fn add(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token);
        Ok(epoll::add(&self.epoll, fd, data, epoll::EventFlags::IN)?)
    }

    /// Waits for the other end of `fd` to go, not for what it sends, and calls it `token`.
    pub fn add_hangup(&self, fd: impl AsFd, token: u64) -> io::Result<()> {
        let data = epoll::EventData::new_u64(token);
        Ok(epoll::add(&self.epoll, fd, data, epoll::EventFlags::RDHUP)?)
    }

    /// Stops waiting for `fd`.
    pub fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, fd)?)
    }

    /// Waits at most `limit` and puts what is ready into `ready`.
    pub fn wait(&self, ready: &mut Vec<Ready>, limit: Duration) -> io::Result<()> {
        const AT_ONCE: usize = 64;
        let mut events = Vec::with_capacity(AT_ONCE);
        ready.clear();
        let buffer = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&self.epoll, buffer, Some(&timespec(limit))) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.extend(events.iter().map(|event: &epoll::Event| Ready {
            token: event.data.u64(),
        }));
        Ok(())
    }
}

impl AsFd for Poller {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.as_fd()
    }
}

/// Interrupts a `Poller` from any thread.
#[derive(Debug)]
pub struct Waker {
    eventfd: Fd,
}

impl Waker {
    /// A waker, to be added to a poller.
    pub fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Waker {
            eventfd: Fd::from(fd),
        })
    }

    /// Interrupts; many calls before the poller looks are one.
    pub fn wake(&self) {
        // Only a full counter fails, and that one is readable already.
        let _ = rustix::io::write(&self.eventfd, &1u64.to_ne_bytes());
    }

    /// Makes it quiet again.
    pub fn reset(&self) {
        let mut counter = [0; 8];
        // Nothing to read means that it is quiet.
        let _ = rustix::io::read(&self.eventfd, &mut counter);
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.eventfd.as_fd()
    }
}

/// A clock for a `Poller`: readable once a period while it runs.
#[derive(Debug)]
pub struct Ticker {
    timerfd: Fd,
}

impl Ticker {
    /// A clock that stands still.
    pub fn new() -> io::Result<Self> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timerfd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        Ok(Ticker {
            timerfd: Fd::from(timerfd),
        })
    }

    /// Lets it run.
    pub fn start(&self, period: Duration) -> io::Result<()> {
        self.set(period, period)
    }

    /// Makes it readable now, and no more after that.
    pub fn ring(&self) -> io::Result<()> {
        self.set(Duration::from_nanos(1), Duration::ZERO)
    }

    /// Makes it readable once, after `time`.
    pub fn ring_after(&self, time: Duration) -> io::Result<()> {
        self.set(time, Duration::ZERO)
    }

    fn set(&self, first: Duration, period: Duration) -> io::Result<()> {
        let timer = Itimerspec {
            it_interval: timespec(period),
            it_value: timespec(first),
        };
        timerfd_settime(&self.timerfd, TimerfdTimerFlags::empty(), &timer)?;
        Ok(())
    }

    /// Makes it quiet until the next period is over.
    pub fn reset(&self) {
        let mut expirations = [0; 8];
        // Nothing to read means that it is quiet.
        let _ = rustix::io::read(&self.timerfd, &mut expirations);
    }
}

impl AsFd for Ticker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timerfd.as_fd()
    }
}

/// Waits at most `limit` for `fd` to become readable or closed; true if it is.
pub fn wait_readable(fd: impl AsFd, limit: Duration) -> io::Result<bool> {
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    match poll(&mut fds, Some(&timespec(limit))) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn timespec(limit: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(limit.subsec_nanos()),
    }
}
