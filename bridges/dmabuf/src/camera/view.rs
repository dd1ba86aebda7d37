//! One consumer's view of a camera, and the pictures that it has.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

use super::picture::Picture;
use super::stream::Stream;
use crate::buffers::{BufferError, Writing};
use crate::engine::{FrameDescription, Lease, SharedMemory, SourceError, Subscription};

/// One consumer's view of a camera, which runs for as long as there is one.
pub struct View {
    name: Arc<str>,
    stream: Arc<Stream>,
    /// Readable when there is something new.
    bell: Arc<OwnedFd>,
    /// The last picture that was given.
    last: Option<i64>,
    dropped: u64,
    /// Pictures that were passed over for lack of buffers when it was asked last.
    short: u64,
}

impl View {
    pub fn new(name: &str, stream: Arc<Stream>) -> Result<View, SourceError> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let bell = bell.map_err(|errno| SourceError::Failed {
            stream: name.to_owned(),
            what: errno.to_string(),
        })?;
        let bell = Arc::new(bell);
        stream.feed().subscribe(bell.clone());
        Ok(View {
            name: name.into(),
            short: stream.feed().short(),
            stream,
            bell,
            last: None,
            dropped: 0,
        })
    }
}

impl Subscription<LentPicture> for View {
    fn fd(&mut self) -> Result<BorrowedFd<'_>, SourceError> {
        Ok(self.bell.as_fd())
    }

    fn newest(&mut self) -> Result<Option<LentPicture>, SourceError> {
        // Before the look, so that no picture stays unseen; it is empty if nothing is new.
        let _ = rustix::io::read(&*self.bell, &mut [0; 8]);
        let feed = self.stream.feed();
        let Some(picture) = feed.newest(self.last) else {
            return match feed.is_over() {
                true => Err(SourceError::Away {
                    stream: self.name.to_string(),
                }),
                false => Ok(None),
            };
        };
        let between = self.last.map_or(0, |last| picture.number - last - 1);
        self.dropped += u64::try_from(between).unwrap_or_default();
        self.last = Some(picture.number);
        Ok(Some(LentPicture::new(&self.name, picture)))
    }

    fn dropped(&self) -> u64 {
        let behind = self.last.map(|last| self.stream.feed().passed_over(last));
        self.dropped + behind.unwrap_or_default()
    }

    fn is_short(&mut self) -> bool {
        let short = self.stream.feed().short();
        std::mem::replace(&mut self.short, short) != short
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.stream.feed().unsubscribe(&self.bell);
    }
}

/// A picture of a camera that is lent.
pub struct LentPicture {
    stream: Arc<str>,
    picture: Arc<Picture>,
}

impl Lease for LentPicture {
    fn description(&self) -> FrameDescription {
        let arrangement = self.picture.owner.arrangement();
        FrameDescription {
            sequence: self.picture.number,
            width: arrangement.width,
            height: arrangement.height,
            format: arrangement.format,
            timestamp: self.picture.timestamp,
            pts_ns: Some(self.picture.pts_ns),
        }
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let (dma_buf, id) = self.picture.owner.dma_buf(self.picture.index);
        Some(SharedMemory {
            id,
            fd: dma_buf.as_fd(),
            planes: self.picture.owner.arrangement().planes,
            is_dma_buf: true,
        })
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        let copied = self.copy_rows(to);
        copied.map_err(|error| SourceError::Failed {
            stream: self.stream.to_string(),
            what: error.to_string(),
        })
    }

    /// The driver waits for ever; it has others.
    fn time_limit(&self) -> Option<Duration> {
        None
    }
}

impl LentPicture {
    pub(super) fn new(stream: &Arc<str>, picture: Arc<Picture>) -> LentPicture {
        LentPicture {
            stream: Arc::clone(stream),
            picture,
        }
    }

    /// Copies what is picture of each row, plane after plane.
    fn copy_rows(&self, to: &mut Writing<'_>) -> Result<(), BufferError> {
        let owner = &self.picture.owner;
        let (dma_buf, _) = owner.dma_buf(self.picture.index);
        let arrangement = owner.arrangement();
        let map = dma_buf.map()?;
        let reading = map.begin()?;
        let tight = arrangement.format.row_bytes(arrangement.width);
        let rows = arrangement.format.rows(arrangement.height);
        for ((plane, bytes), rows) in arrangement.planes.iter().zip(tight).zip(rows) {
            for y in 0..rows {
                let offset = plane.offset + u64::from(y) * u64::from(plane.stride);
                to.put_from(map, offset, bytes as usize)?;
            }
        }
        Ok(reading.end()?)
    }
}
