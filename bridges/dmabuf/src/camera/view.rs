//! One consumer's view of a camera, and the pictures that it has.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};

use super::picture::Picture;
use super::stream::Stream;
use crate::buffers::{BufferError, Writing};
use crate::engine::{FrameDescription, Lease, SharedMemory, SourceError, Subscription};
use crate::memory::LentMap;

/// One consumer's view of a camera, which runs for as long as there is one.
pub struct View {
    name: String,
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
            name: name.to_owned(),
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
                    stream: self.name.clone(),
                }),
                false => Ok(None),
            };
        };
        let between = self.last.map_or(0, |last| picture.number - last - 1);
        self.dropped += u64::try_from(between).unwrap_or_default();
        self.last = Some(picture.number);
        Ok(Some(LentPicture(picture)))
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
pub struct LentPicture(Arc<Picture>);

impl Lease for LentPicture {
    fn description(&self) -> FrameDescription {
        let arrangement = self.0.owner.arrangement();
        FrameDescription {
            sequence: self.0.number,
            width: arrangement.width,
            height: arrangement.height,
            format: arrangement.format,
            timestamp: self.0.timestamp,
            pts_ns: Some(self.0.pts_ns),
        }
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let (dma_buf, id) = self.0.owner.dma_buf(self.0.index);
        Some(SharedMemory {
            id,
            fd: dma_buf.as_fd(),
            planes: self.0.owner.arrangement().planes,
            is_dma_buf: true,
        })
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        let (dma_buf, _) = self.0.owner.dma_buf(self.0.index);
        let arrangement = self.0.owner.arrangement();
        let mapped = dma_buf.try_clone().map_err(|error| SourceError::Failed {
            stream: "a camera".to_owned(),
            what: error.to_string(),
        })?;
        let map = LentMap::new(mapped).map_err(BufferError::Memory)?;
        let reading = map.begin().map_err(BufferError::Memory)?;
        let tight = arrangement.format.row_bytes(arrangement.width);
        let rows = arrangement.format.rows(arrangement.height);
        let mut row = Vec::new();
        for ((plane, bytes), rows) in arrangement.planes.iter().zip(tight).zip(rows) {
            row.resize(bytes as usize, 0);
            for y in 0..rows {
                let offset = plane.offset + u64::from(y) * u64::from(plane.stride);
                map.copy(offset, &mut row).map_err(BufferError::Memory)?;
                to.put(&row)?;
            }
        }
        Ok(reading.end().map_err(BufferError::Memory)?)
    }

    /// The driver waits for ever; it has others.
    fn time_limit(&self) -> Option<Duration> {
        None
    }
}
