//! One consumer's subscription to a key.

use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cuframes::{Error, Frame, Subscriber};
use frame_lending::engine::{FrameDescription, SourceError, Subscription};
use frame_lending::format::Format;
use frame_lending::real_time::RealTime;

use super::held::Held;
use super::lent::Lent;
use super::memory::{Memories, Memory};
use super::why::why;

/// What a GPU takes for a frame at most; one that takes longer is passed over.
const COMPLETE: Duration = Duration::from_secs(1);

/// One consumer's subscription to a key.
pub struct View {
    key: Arc<str>,
    subscriber: Subscriber,
    clock: Arc<RealTime>,
    /// Frames that the publisher had dropped when it was looked at last.
    short: u64,
    /// Every frame is copied into a DMA-BUF.
    copies: bool,
    memories: Memories,
    /// That of an epoch of the publisher.
    memory: Option<(u64, Memory)>,
    room: Arc<Mutex<Vec<u8>>>,
    /// Frames that never were complete.
    aborted: u64,
}

impl View {
    pub fn new(
        subscriber: Subscriber,
        copies: bool,
        memories: Memories,
        clock: Arc<RealTime>,
    ) -> View {
        View {
            key: subscriber.key().into(),
            short: subscriber.stats().publisher_dropped,
            subscriber,
            clock,
            copies,
            memories,
            memory: None,
            room: Arc::default(),
            aborted: 0,
        }
    }

    /// In what memory frames of this epoch are lent: it is found out with the first.
    fn memory(&mut self, frame: &Frame) -> Memory {
        let epoch = self.subscriber.epoch();
        match self.memory {
            Some((known, memory)) if known == epoch => memory,
            _ => {
                let (memory, why) = match self.copies {
                    true => (Memory::DmaBufCopy, None),
                    false => Memory::of(frame),
                };
                self.memories.note(&self.key, memory, why.as_deref());
                self.memory = Some((epoch, memory));
                memory
            }
        }
    }

    fn lease(&mut self, frame: Frame) -> Result<Held, SourceError> {
        let layout = *frame.layout();
        let failed = |what: &str| SourceError::Failed {
            stream: self.key.to_string(),
            what: what.to_owned(),
        };
        let format = Format::with_fourcc(layout.format.fourcc());
        let description = FrameDescription {
            sequence: i64::try_from(frame.seq()).map_err(|_| failed("a sequence beyond 2^63"))?,
            width: layout.width,
            height: layout.height,
            format: format.ok_or_else(|| failed("a format without a name on the wire"))?,
            timestamp: self.clock.of(frame.publish_ns()),
            pts_ns: frame.pts(),
        };
        Ok(Held {
            memory: self.memory(&frame),
            key: Arc::clone(&self.key),
            frame,
            description,
            room: Arc::clone(&self.room),
        })
    }
}

impl Subscription<Lent> for View {
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError> {
        let fd = self.subscriber.poll_fd();
        fd.map_err(|error| why(&self.key, &error))
    }

    fn newest(&mut self) -> Result<Option<Lent>, SourceError> {
        let frame = match self.subscriber.next(Some(Duration::ZERO)) {
            Ok(frame) => frame,
            Err(Error::WouldBlock) => return Ok(None),
            Err(error) => return Err(why(&self.key, &error)),
        };
        // Who maps the memory of a GPU cannot wait for it.
        match frame.wait_host(Some(COMPLETE)) {
            Ok(()) => Ok(Some(Lent::Key(self.lease(frame)?))),
            Err(Error::Aborted { .. } | Error::Timeout { .. }) => {
                self.aborted += 1;
                Ok(None)
            }
            Err(error) => Err(why(&self.key, &error)),
        }
    }

    fn dropped(&self) -> u64 {
        self.subscriber.stats().missed + self.aborted
    }

    fn is_short(&mut self) -> bool {
        let dropped = self.subscriber.stats().publisher_dropped;
        std::mem::replace(&mut self.short, dropped) != dropped
    }
}
