//! Frames in the memory of a GPU, on the publisher's side: one allocation for all slots.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::sys::Fd;
use crate::sys::cuda::{
    Context, CudaError, DeviceMemory, Place, Rows, Stream, StreamRef, VmmMemory,
};
use crate::wire::MemoryKind;

use super::ExternalBuffers;
use super::device::{DevicePlane, DeviceRows, plane_at};
use super::exported::{self, Exported, Handle};
use super::external::{self, Buffer};

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
    Ipc(Arc<Exported>, Handle),
    /// The caller's, each opened by a handle.
    External(Vec<Buffer>),
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
                let memory = DeviceMemory::new(context, bytes).map_err(failed())?;
                let handle = memory.ipc_handle().map_err(failed())?;
                let memory = exported::remember(handle, Exported::new(memory));
                Memory::Ipc(memory, handle)
            }
            _ => {
                let memory = VmmMemory::create(context, bytes).map_err(failed())?;
                let fd = memory.export().map_err(failed())?;
                Memory::Vmm(memory, fd)
            }
        };
        Self::of(context, memory, layout, stride)
    }

    /// The caller's buffers, one for each slot.
    pub fn external(
        context: &Context,
        buffers: &ExternalBuffers,
        layout: FrameLayout,
    ) -> Result<Self> {
        let memory = Memory::External(external::look_at(context, buffers, &layout)?);
        Self::of(context, memory, layout, 0)
    }

    fn of(context: &Context, memory: Memory, layout: FrameLayout, stride: u64) -> Result<Self> {
        let made = Error::cuda("make a stream for copies to the GPU");
        Ok(CudaPool {
            context: context.clone(),
            memory,
            layout,
            stride,
            upload: Stream::new(context).map_err(made)?,
        })
    }

    /// Bytes of the allocation; 0 where each slot has a buffer of the caller's.
    pub fn size(&self) -> u64 {
        match &self.memory {
            Memory::Ipc(memory, _) => memory.size(),
            Memory::Vmm(memory, _) => memory.size() as u64,
            Memory::External(_) => 0,
        }
    }

    /// First byte of the frame of `slot`, from the start of its allocation.
    pub fn offset(&self, slot: usize) -> u64 {
        match &self.memory {
            Memory::External(buffers) => buffers[slot].offset,
            Memory::Ipc(..) | Memory::Vmm(..) => slot as u64 * self.stride,
        }
    }

    /// True if the buffers are the caller's.
    pub fn is_external(&self) -> bool {
        matches!(self.memory, Memory::External(_))
    }

    /// Planes, pitches and sizes of a frame.
    pub fn layout(&self) -> &FrameLayout {
        &self.layout
    }

    /// What others import it from, if that is a descriptor.
    pub fn fd(&self) -> Option<&Fd> {
        match &self.memory {
            Memory::Ipc(..) | Memory::External(_) => None,
            Memory::Vmm(_, fd) => Some(fd),
        }
    }

    /// What others open the allocation of `slot` by, zero if that is not a handle.
    pub fn handle(&self, slot: usize) -> Handle {
        match &self.memory {
            Memory::Ipc(_, handle) => *handle,
            Memory::External(buffers) => buffers[slot].handle,
            Memory::Vmm(..) => [0; 64],
        }
    }

    /// Plane `plane` of the frame in `slot`.
    pub fn plane(&self, slot: usize, plane: usize) -> Option<DevicePlane> {
        let frame = match &self.memory {
            Memory::Ipc(memory, _) => memory.address() + self.offset(slot),
            Memory::Vmm(memory, _) => memory.address() + self.offset(slot),
            Memory::External(buffers) => buffers[slot].first,
        };
        plane_at(frame, &self.layout, plane)
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
