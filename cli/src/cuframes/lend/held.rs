//! A frame of a key while it is lent.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cuframes::Frame;
use frame_lending::buffers::Writing;
use frame_lending::engine::{FrameDescription, Lease, SharedMemory, SourceError};
use frame_lending::message::PlanePlace;

use super::memory::Memory;
use super::why::why;

/// A frame that is lent.
pub struct Held {
    pub key: Arc<str>,
    pub frame: Frame,
    pub description: FrameDescription,
    pub memory: Memory,
    /// Room for what is on its way into a copy: a row, or a frame of a GPU.
    pub room: Arc<Mutex<Vec<u8>>>,
}

impl Lease for Held {
    fn description(&self) -> FrameDescription {
        self.description
    }

    fn shared(&self) -> Option<SharedMemory<'_>> {
        let shared = match self.memory {
            Memory::InPlace => self.frame.shared(),
            Memory::DmaBuf => self.frame.dma_buf().ok(),
            Memory::HostCopy | Memory::DmaBufCopy => None,
        };
        let shared = shared?;
        let place = |plane: &cuframes::SharedPlane| PlanePlace {
            offset: plane.offset,
            // A row has at most 2^18 bytes.
            stride: plane.pitch as u32,
            size: plane.bytes as u64,
        };
        Some(SharedMemory {
            id: shared.pool(),
            fd: shared.fd(),
            planes: shared.planes().iter().map(place).collect(),
            // That of a GPU has all frames of the key: who knows no offsets gets a copy.
            is_dma_buf: false,
        })
    }

    fn copy_to(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        if self.frame.device_plane(0).is_some() {
            return self.download(to);
        }
        let mut row = self.room();
        for plane in self.frame.planes() {
            row.resize(plane.row_bytes(), 0);
            for y in 0..plane.rows() {
                plane.copy_row(y, &mut row);
                to.put(&row)?;
            }
        }
        self.check()
    }

    fn check(&self) -> Result<(), SourceError> {
        // The end of a lease tells; that of a clone leaves the frame's own as it is.
        let read = self.frame.clone().release();
        read.map_err(|error| why(&self.key, &error))
    }

    fn time_limit(&self) -> Option<Duration> {
        self.frame.lease_timeout()
    }
}

impl Held {
    /// Nobody waits for it: one thread lends the frames of a subscription.
    fn room(&self) -> MutexGuard<'_, Vec<u8>> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame in the memory of a GPU. The driver writes into memory that is nobody else's.
    fn download(&self, to: &mut Writing<'_>) -> Result<(), SourceError> {
        let mut room = self.room();
        room.resize(self.frame.layout().packed_size() as usize, 0);
        let copied = self.frame.copy_to(&mut room);
        copied.map_err(|error| why(&self.key, &error))?;
        self.check()?;
        Ok(to.put(&room)?)
    }
}
