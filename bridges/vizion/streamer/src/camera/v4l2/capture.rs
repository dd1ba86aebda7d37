//! A running stream.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use vizion::PixelFormat;

use crate::camera::{CameraError, Canvas, Capture, Captured, Picture};

use super::arrangement::Arrangement;
use super::clock;
use super::device::Device;
use super::home::Home;
use v4l2::{Filled, Queue};

/// `V4L2_BUF_FLAG_ERROR`: the picture is damaged.
const DAMAGED: u32 = 0x40;

/// Pictures as the driver fills its buffers.
pub struct Stream {
    queue: Queue,
    device: Device,
    home: Home,
    arrangement: Arrangement,
    lent: Option<usize>,
    sequence: Sequence,
}

impl Stream {
    /// Starts the stream of the format that is set.
    pub fn start(
        device: Device,
        home: Home,
        arrangement: Arrangement,
    ) -> Result<Stream, CameraError> {
        let node = device.node().clone();
        let busy = |what: &str, errno| match errno {
            Errno::BUSY => CameraError::Unusable {
                camera: device.camera(),
                what: "another program streams from it; stop that first".to_owned(),
            },
            errno => device.failed(what, errno),
        };
        let mut queue =
            Queue::new(node, arrangement.parts).map_err(|errno| busy("VIDIOC_REQBUFS", errno))?;
        queue
            .start()
            .map_err(|errno| busy("VIDIOC_STREAMON", errno))?;
        Ok(Stream {
            queue,
            device,
            home,
            arrangement,
            lent: None,
            sequence: Sequence::default(),
        })
    }

    /// The next whole picture that comes before `deadline`.
    fn wait(&mut self, deadline: Instant) -> Result<Option<Filled>, CameraError> {
        if let Some(index) = self.lent.take() {
            self.give_back(index)?;
        }
        loop {
            let taken = self.queue.take();
            let taken = taken.map_err(|errno| self.gone("VIDIOC_DQBUF", errno))?;
            match taken {
                Some(filled) if filled.flags & DAMAGED == 0 && self.is_whole(&filled) => {
                    return Ok(Some(filled));
                }
                // Nobody sees it, so the number of the next one makes it a lost one.
                Some(filled) => self.give_back(filled.index)?,
                None if !self.sleep(deadline)? => return Ok(None),
                None => {}
            }
        }
    }

    fn give_back(&mut self, index: usize) -> Result<(), CameraError> {
        let given = self.queue.give_back(index);
        given.map_err(|errno| self.gone("VIDIOC_QBUF", errno))
    }

    fn is_whole(&self, filled: &Filled) -> bool {
        let (first, second) = (self.queue.bytes(filled, 0), self.queue.bytes(filled, 1));
        match self.arrangement.format.format {
            PixelFormat::Mjpg => !first.is_empty(),
            _ => self.arrangement.planes(first, second).is_some(),
        }
    }

    /// Sleeps until there may be a buffer; false when the time is over.
    fn sleep(&self, deadline: Instant) -> Result<bool, CameraError> {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok(left) = Timespec::try_from(left) else {
            return Ok(false);
        };
        let mut fds = [PollFd::new(&**self.device.node(), PollFlags::IN)];
        match poll(&mut fds, Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(true),
            Err(errno) => return Err(self.device.failed("poll", errno)),
        }
        let told = fds[0].revents();
        let is_over = told.intersects(PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL);
        match is_over && !told.contains(PollFlags::IN) {
            // Its buffers are taken away from it: unplugged, or stopped by the driver.
            true => Err(self.gone("poll", Errno::NODEV)),
            false => Ok(true),
        }
    }

    /// The error of a stream that cannot go on. What is known to be gone is closed everywhere, as
    /// the kernel gives its number to nobody before that.
    fn gone(&self, what: &str, errno: Errno) -> CameraError {
        // vb2 says EIO once its queue is broken, which happens before the device is unregistered.
        let errno = match errno {
            Errno::IO => Errno::NODEV,
            errno => errno,
        };
        let error = self.device.failed(what, errno);
        if matches!(error, CameraError::Lost { .. }) {
            self.home.leave();
        }
        error
    }
}

impl Capture for Stream {
    fn next(
        &mut self,
        _canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError> {
        let now = Instant::now();
        let deadline = now.checked_add(limit).unwrap_or(now);
        let Some(filled) = self.wait(deadline)? else {
            return Ok(None);
        };
        self.lent = Some(filled.index);
        let (first, second) = (self.queue.bytes(&filled, 0), self.queue.bytes(&filled, 1));
        let picture = match self.arrangement.format.format {
            PixelFormat::Mjpg => Some(Picture::Jpeg(first)),
            _ => self.arrangement.planes(first, second).map(Picture::Lent),
        };
        let lost = self.sequence.lost_before(filled.sequence);
        Ok(picture.map(|picture| Captured {
            timestamp_ns: clock::taken(filled.flags, filled.timestamp_ns),
            lost,
            picture,
        }))
    }
}

/// Tells from the numbers of pictures which are missing.
#[derive(Debug, Default)]
struct Sequence {
    last: Option<u32>,
}

impl Sequence {
    /// How many are missing before `number`. One that is not larger than the last is a driver that
    /// counts anew, or not at all.
    fn lost_before(&mut self, number: u32) -> u64 {
        let last = self.last.replace(number);
        let ahead = last.map_or(1, |last| number.wrapping_sub(last));
        match ahead {
            0 | 0x8000_0000.. => 0,
            ahead => u64::from(ahead - 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_counted_over_the_end_of_the_numbers() {
        let mut sequence = Sequence::default();
        let lost: Vec<u64> = [5, 6, 9, 9, 0, 1, u32::MAX, u32::MAX, 1]
            .map(|number| sequence.lost_before(number))
            .into();
        assert_eq!(lost, [0, 0, 2, 0, 0, 0, 0, 0, 1]);
    }
}
