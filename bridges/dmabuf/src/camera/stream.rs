//! A camera that runs: its thread takes pictures from the driver as they come.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::Errno;
use v4l2::{Filled, Node};

use super::CameraError;
use super::device::Device;
use super::feed::Feed;
use super::numbers::Numbers;
use super::picture::{Owner, Picture};
use super::pool::Pool;
use crate::real_time::RealTime;

/// `V4L2_BUF_FLAG_ERROR`: the picture is damaged.
const DAMAGED: u32 = 0x40;
/// `V4L2_BUF_FLAG_TIMESTAMP_MASK` and `V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC`.
const CLOCK_MASK: u32 = 0xe000;
const CLOCK_MONOTONIC: u32 = 0x2000;

/// A camera that runs. Dropping it stops it.
pub struct Stream {
    feed: Arc<Feed>,
    stop: OwnedFd,
    thread: Option<JoinHandle<()>>,
}

/// What its thread has.
struct Taker {
    pool: Arc<Pool>,
    node: Arc<Node>,
    feed: Arc<Feed>,
    stop: OwnedFd,
    numbers: Arc<Numbers>,
    clock: RealTime,
    camera: String,
}

impl Stream {
    /// Takes pictures from `pool`, and counts them by `numbers`.
    pub fn start(
        device: &Device,
        pool: Pool,
        numbers: Arc<Numbers>,
        camera: String,
    ) -> Result<Stream, CameraError> {
        let failed = |what, error: std::io::Error| CameraError::System {
            path: camera.clone().into(),
            what,
            source: error,
        };
        let stop = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let stop = stop.map_err(|errno| failed("make an event for", errno.into()))?;
        let feed = Arc::new(Feed::default());
        numbers.begin();
        let taker = Taker {
            pool: Arc::new(pool),
            node: device.node.clone(),
            feed: feed.clone(),
            stop: stop
                .try_clone()
                .map_err(|error| failed("make an event for", error))?,
            numbers,
            clock: RealTime::new(),
            camera: camera.clone(),
        };
        let thread = std::thread::Builder::new().name("camera".to_owned());
        let thread = thread.spawn(move || taker.run());
        Ok(Stream {
            feed,
            stop,
            thread: Some(thread.map_err(|error| failed("start a thread for", error))?),
        })
    }

    pub fn feed(&self) -> &Feed {
        &self.feed
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // It only ever fails if it was told 2^64 times.
        let _ = rustix::io::write(self.stop.as_fd(), &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has told so.
            let _ = thread.join();
        }
    }
}

impl Taker {
    fn run(self) {
        match self.take_all() {
            Ok(()) => {}
            Err(error) => tracing::warn!(camera = self.camera, %error, "a camera stopped"),
        }
        self.feed.end();
    }

    /// Until it is told to stop.
    fn take_all(&self) -> Result<(), Errno> {
        loop {
            while let Some(filled) = self.pool.take()? {
                self.offer(&filled);
            }
            let mut fds = [
                PollFd::new(&self.stop, PollFlags::IN),
                PollFd::new(&*self.node, PollFlags::IN),
            ];
            match poll(&mut fds, None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
            if !fds[0].revents().is_empty() {
                return Ok(());
            }
            let told = fds[1].revents();
            let is_over = told.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
            if is_over && !told.contains(PollFlags::IN) {
                // Its buffers are taken away from it: unplugged, or stopped by the driver.
                return Err(Errno::NODEV);
            }
        }
    }

    fn offer(&self, filled: &Filled) {
        let taken = i64::try_from(filled.timestamp_ns).unwrap_or(i64::MAX);
        let is_on_our_clock = filled.flags & CLOCK_MASK == CLOCK_MONOTONIC;
        let picture = Picture {
            owner: self.pool.clone() as Arc<dyn Owner>,
            index: filled.index,
            number: self.numbers.of(filled.sequence),
            // One on a clock that the driver does not name was taken now, as far as anybody knows.
            timestamp: match is_on_our_clock {
                true => self.clock.of(filled.timestamp_ns),
                false => self.clock.now(),
            },
            pts_ns: taken,
        };
        match filled.flags & DAMAGED == 0 && self.pool.is_whole(filled) {
            true => self.feed.offer(picture),
            false => self.feed.pass_over(picture.number),
        }
    }
}
