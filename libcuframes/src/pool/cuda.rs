//! Frames in the memory of a GPU, on the publisher's side: one allocation for all slots.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::sys::Fd;
use crate::sys::cuda::{
    Context, CudaError, DeviceMemory, Place, Rows, Stream, StreamRef, VmmMemory,
};
use crate::wire::MemoryKind;

use super::device::{DevicePlane, DeviceRows, plane_at};
use super::exported::{self, Handle};

/// Each frame begins at a multiple of this, which is what texture units ask for at most.
const ALIGNMENT: u64 = 512;

/// The publisher's pool: slot `i` has its frame at `i * stride`.
#[derive(Debug)]
pub struct CudaPool {
    context: Context,
    memory: Memory,
    layout: FrameLayout,
    stride: u64,
    /// For frames that the processor brings.
    upload: Stream,
}

#[derive(Debug)]
enum Memory {
    /// Opened by a handle.
    Ipc(Arc<DeviceMemory>, Handle),
    /// Imported from a descriptor.
    Vmm(VmmMemory, Fd),
}

impl CudaPool {
    /// Memory of `kind` for `slots` frames.
    pub fn new(
        context: &Context,
        kind: MemoryKind,
        layout: FrameLayout,
        slots: usize,
    ) -> Result<Self> {
        let stride = layout.frame_size.next_multiple_of(ALIGNMENT);
        let bytes = stride.checked_mul(slots as u64);
        let bytes = bytes.and_then(|bytes| usize::try_from(bytes).ok());
        let bytes = bytes.unwrap_or(usize::MAX);
        let failed = || Error::cuda(format!("make a pool of {bytes} bytes on the GPU"));
        let memory = match kind {
            MemoryKind::CudaIpc => {
                let memory = Arc::new(DeviceMemory::new(context, bytes).map_err(failed())?);
                let handle = memory.ipc_handle().map_err(failed())?;
                exported::remember(handle, &memory);
                Memory::Ipc(memory, handle)
            }
            _ => {
                let memory = VmmMemory::create(context, bytes).map_err(failed())?;
                let fd = memory.export().map_err(failed())?;
                Memory::Vmm(memory, fd)
            }
        };
        Ok(CudaPool {
            context: context.clone(),
            memory,
            layout,
            stride,
            upload: Stream::new(context).map_err(failed())?,
        })
    }

    /// Bytes of the allocation.
    pub fn size(&self) -> u64 {
        match &self.memory {
            Memory::Ipc(memory, _) => memory.size() as u64,
            Memory::Vmm(memory, _) => memory.size() as u64,
        }
    }

    /// First byte of the frame of `slot`, from the start of the allocation.
    pub fn offset(&self, slot: usize) -> u64 {
        slot as u64 * self.stride
    }

    /// Planes, pitches and sizes of a frame.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// What others import it from, if that is a descriptor.
    pub fn fd(&self) -> Option<&Fd> {
        match &self.memory {
            Memory::Ipc(..) => None,
            Memory::Vmm(_, fd) => Some(fd),
        }
    }

    /// What others open it by, zero if that is not a handle.
    pub fn handle(&self) -> Handle {
        match &self.memory {
            Memory::Ipc(_, handle) => *handle,
            Memory::Vmm(..) => [0; 64],
        }
    }

    /// Plane `plane` of the frame in `slot`.
    pub fn plane(&self, slot: usize, plane: usize) -> Option<DevicePlane> {
        let first = match &self.memory {
            Memory::Ipc(memory, _) => memory.address(),
            Memory::Vmm(memory, _) => memory.address(),
        };
        plane_at(first + self.offset(slot), &self.layout, plane)
    }

    /// Copies `from` into plane `plane` of the frame in `slot`, which the caller keeps until
    /// `stream` has done it.
    pub fn copy_on(
        &self,
        stream: StreamRef<'_>,
        from: DeviceRows,
        (slot, plane): (usize, usize),
    ) -> Result<(), CudaError> {
        let Some(to) = self.plane(slot, plane) else {
            return Ok(());
        };
        let rows = Rows {
            from: Place::Device(from.first),
            from_pitch: from.pitch,
            to: Place::Device(to.ptr),
            to_pitch: to.pitch,
            row_bytes: to.row_bytes,
            rows: to.rows,
        };
        // SAFETY: I16: whoever made `from` vouches for its rows; the pool outlives the work on
        // its slots.
        unsafe { stream.copy_rows(&self.context, &rows) }
    }

    /// Copies the caller's rows, one every `pitch` bytes, into a plane of this pool, and waits
    /// for that.
    ///
    /// # Panics
    /// If there are fewer rows than the plane has.
    pub fn upload(&self, plane: &DevicePlane, from: &[u8], pitch: usize) -> Result<(), CudaError> {
        let needed = pitch * plane.rows.saturating_sub(1) + plane.row_bytes;
        assert!(from.len() >= needed, "{} of {needed} bytes", from.len());
        let rows = Rows {
            from: Place::Host(from.as_ptr().cast_mut()),
            from_pitch: pitch,
            to: Place::Device(plane.ptr),
            to_pitch: plane.pitch,
            row_bytes: plane.row_bytes,
            rows: plane.rows,
        };
        let stream = self.upload.as_ref();
        // SAFETY: I16: `from` has the rows, is only read, and stays until the wait is over.
        unsafe { stream.copy_rows(&self.context, &rows) }?;
        stream.synchronize(&self.context)
    }
}
