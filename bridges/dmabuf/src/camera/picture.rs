//! A picture in a buffer that the driver does not have meanwhile.

use std::sync::Arc;

use super::arrangement::Arrangement;
use super::dma_buf::DmaBuf;

/// Whose buffers pictures are in.
pub trait Owner: Send + Sync {
    /// Nobody looks at a buffer any more: the driver may have it.
    fn take_back(&self, index: usize);

    /// Buffers that the driver has.
    fn spare(&self) -> usize;

    /// What the picture in a buffer is.
    fn arrangement(&self) -> &Arrangement;

    /// The DMA-BUF that a buffer is, and its number.
    fn dma_buf(&self, index: usize) -> (&DmaBuf, u64);
}

/// A picture. The driver gets its buffer back when it is dropped.
pub struct Picture {
    pub owner: Arc<dyn Owner>,
    /// Which buffer.
    pub index: usize,
    /// Which of the camera's pictures.
    pub number: i64,
    /// When it was taken, by CLOCK_REALTIME.
    pub timestamp: i64,
    /// The driver's own time.
    pub pts_ns: i64,
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.owner.take_back(self.index);
    }
}
