//! The pool of a publisher, of whatever kind.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::sys::Fd;
use crate::sys::cuda::{CudaError, StreamRef};

use super::{CudaPool, DevicePlane, DeviceRows, HostPool, Placement, Plane, SlotPixels};

/// Memory for all frames of an epoch.
#[derive(Debug)]
pub enum Pool {
    /// In host memory.
    Host(Arc<HostPool>),
    /// On a GPU.
    Cuda(CudaPool),
}

impl Pool {
    /// Memory for `slots` frames.
    pub fn new(placement: &Placement, layout: FrameLayout, slots: usize) -> Result<Self> {
        match placement {
            Placement::Host => {
                let pool = HostPool::new(layout, slots).map_err(|source| Error::NoMemory {
                    bytes: layout.frame_size.saturating_mul(slots as u64),
                    place: "memory for the frame pool",
                    source,
                })?;
                Ok(Pool::Host(Arc::new(pool)))
            }
            Placement::Cuda(cuda) => {
                let context = &cuda.context;
                let pool = match &cuda.external {
                    Some(buffers) => CudaPool::external(context, buffers, layout)?,
                    None => CudaPool::new(context, cuda.memory, layout, slots)?,
                };
                Ok(Pool::Cuda(pool))
            }
        }
    }

    /// Bytes of all slots, as the wire tells it.
    pub fn size(&self) -> u64 {
        match self {
            Pool::Host(pool) => pool.size(),
            Pool::Cuda(pool) => pool.size(),
        }
    }

    /// First byte of the frame of `slot`, from the start of its allocation.
    pub fn offset(&self, slot: usize) -> u64 {
        match self {
            Pool::Host(pool) => pool.offset(slot),
            Pool::Cuda(pool) => pool.offset(slot),
        }
    }

    /// Planes, pitches and sizes of a frame.
    pub fn layout(&self) -> &FrameLayout {
        match self {
            Pool::Host(pool) => pool.layout(),
            Pool::Cuda(pool) => pool.layout(),
        }
    }

    /// What subscribers get to map it, where that is a descriptor.
    pub fn fd(&self) -> Option<&Fd> {
        match self {
            // Where there are only packets there is nothing to map.
            Pool::Host(pool) => Some(pool.reader()).filter(|_| pool.size() != 0),
            Pool::Cuda(pool) => pool.fd(),
        }
    }

    /// What subscribers get to open it, where that is a CUDA IPC handle; else zero.
    pub fn handle(&self, slot: usize) -> [u8; 64] {
        match self {
            Pool::Host(_) => [0; 64],
            Pool::Cuda(pool) => pool.handle(slot),
        }
    }

    /// True if the buffers are the caller's.
    pub fn is_external(&self) -> bool {
        matches!(self, Pool::Cuda(pool) if pool.is_external())
    }

    /// The pixels of `slot` for one writer at a time: `Err` while somebody has them, `None`
    /// where the processor cannot write them.
    pub fn take(&self, slot: usize) -> std::result::Result<Option<SlotPixels>, ()> {
        match self {
            Pool::Host(pool) => pool.take(slot).map(Some).ok_or(()),
            Pool::Cuda(_) => Ok(None),
        }
    }

    /// Plane `plane` of the frame in `slot`, for reading by who holds the slot; none of it for
    /// a processor that cannot reach it.
    pub fn plane(&self, slot: usize, plane: usize) -> Plane<'_> {
        match self {
            Pool::Host(pool) => pool.plane(slot, plane),
            Pool::Cuda(_) => Plane::NONE,
        }
    }

    /// Copies rows of the caller's, one every `pitch` bytes, into `plane`, and waits for that.
    pub fn upload(
        &self,
        plane: &DevicePlane,
        source: &[u8],
        pitch: usize,
    ) -> std::result::Result<(), CudaError> {
        match self {
            Pool::Host(_) => Ok(()),
            Pool::Cuda(pool) => pool.upload(plane, source, pitch),
        }
    }

    /// Copies rows into a slot's plane, on `stream`; the caller keeps the slot until that is done.
    pub fn copy_on(
        &self,
        stream: StreamRef<'_>,
        from: DeviceRows,
        (slot, plane): (usize, usize),
    ) -> std::result::Result<(), CudaError> {
        match self {
            Pool::Host(_) => Ok(()),
            Pool::Cuda(pool) => pool.copy_on(stream, from, (slot, plane)),
        }
    }

    /// Plane `plane` of the frame in `slot` as streams reach it.
    pub fn device_plane(&self, slot: usize, plane: usize) -> Option<DevicePlane> {
        match self {
            Pool::Host(_) => None,
            Pool::Cuda(pool) => pool.plane(slot, plane),
        }
    }
}
