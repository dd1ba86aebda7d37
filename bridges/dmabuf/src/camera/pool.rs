//! The buffers of a stream, each of which is a DMA-BUF.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::io::Errno;
use v4l2::{Buffers, Filled};

use super::CameraError;
use super::arrangement::Arrangement;
use super::device::Device;
use super::dma_buf::DmaBuf;
use super::picture::Owner;

/// The buffers of a stream. Dropping them stops it.
pub struct Pool {
    buffers: Buffers,
    dma_bufs: Vec<DmaBuf>,
    arrangement: Arrangement,
    /// Number of the first buffer; those of the others follow.
    first_id: u64,
    /// Buffers that the driver has.
    spare: AtomicUsize,
}

impl Pool {
    /// About `count` buffers, all of which the driver has, and a stream that runs.
    pub fn start(
        device: &Device,
        count: u32,
        first_id: u64,
        path: &Path,
    ) -> Result<Pool, CameraError> {
        let buffers = Buffers::request(device.node.clone(), device.parts, count);
        let buffers = buffers.map_err(CameraError::request(path, "get buffers of"))?;
        let export = |index| buffers.export(index, 0).map(DmaBuf::new);
        let dma_bufs: Result<_, _> = (0..buffers.count()).map(export).collect();
        let pool = Pool {
            dma_bufs: dma_bufs.map_err(|errno: Errno| CameraError::Export {
                path: path.to_owned(),
                source: errno.into(),
            })?,
            buffers,
            arrangement: device.arrangement.clone(),
            first_id,
            spare: AtomicUsize::new(0),
        };
        for index in 0..pool.buffers.count() {
            let given = pool.give(index);
            given.map_err(CameraError::request(path, "give buffers to"))?;
        }
        let started = pool.buffers.start();
        started.map_err(CameraError::request(path, "start"))?;
        Ok(pool)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.buffers.count()
    }

    /// The oldest buffer that is filled, which the driver does not have any more.
    pub fn take(&self) -> Result<Option<Filled>, Errno> {
        let filled = self.buffers.take()?;
        if filled.is_some() {
            self.spare.fetch_sub(1, Ordering::Relaxed);
        }
        Ok(filled)
    }

    /// Whether a buffer has a whole picture, that begins where its memory does.
    pub fn is_whole(&self, filled: &Filled) -> bool {
        let (begin, end) = filled.ends[0];
        begin == 0 && end as u64 >= self.arrangement.bytes()
    }

    fn give(&self, index: usize) -> Result<(), Errno> {
        self.buffers.give(index)?;
        self.spare.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

impl Owner for Pool {
    fn take_back(&self, index: usize) {
        // A driver that takes none back is gone, or will say so when it is asked for a picture.
        if let Err(error) = self.give(index) {
            tracing::debug!(%error, index, "a camera does not take its buffer back");
        }
    }

    fn spare(&self) -> usize {
        self.spare.load(Ordering::Relaxed)
    }

    fn arrangement(&self) -> &Arrangement {
        &self.arrangement
    }

    fn dma_buf(&self, index: usize) -> (&DmaBuf, u64) {
        (&self.dma_bufs[index], self.first_id + index as u64)
    }
}
