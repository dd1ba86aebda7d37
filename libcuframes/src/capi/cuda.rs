//! Frames in the memory of a GPU, for C: how they are asked for. Contexts, streams and device
//! pointers are those of the driver API; those of the runtime API can be cast to them.

use std::ffi::c_void;

use crate::cuda::{Memory, Sync};
use crate::subscriber::SubscriberBuilder;
use crate::sys::cuda::{Context, Driver, StreamRef};
use crate::wire::{MemoryKind, SyncKind};

use super::error::{Failure, refuse};

/// Instead of a CUstream: no stream is meant. The header has it as a pointer.
const NO_STREAM: usize = usize::MAX;

/// Where frames live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_memory_t {
    /// In host memory.
    CUFRAMES_MEMORY_HOST = 0,
    /// On the GPU in the best way that works here; in host memory if none does.
    CUFRAMES_MEMORY_AUTO = 1,
    /// On the GPU, shared by CUDA IPC handles.
    CUFRAMES_MEMORY_CUDA_IPC = 2,
    /// On the GPU, shared by descriptors.
    CUFRAMES_MEMORY_CUDA_VMM = 3,
}

/// What tells subscribers that a frame on a GPU is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_sync_t {
    /// The best that works here.
    CUFRAMES_SYNC_AUTO = 0,
    /// They see it only when it is.
    CUFRAMES_SYNC_CPU = 1,
    /// Interprocess events.
    CUFRAMES_SYNC_EVENT = 2,
    /// Words in shared memory that streams write and wait for.
    CUFRAMES_SYNC_TIMELINE = 3,
}

/// Which frames on GPUs a subscriber takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub enum cuframes_cuda_t {
    /// None, only those in host memory; the CUDA driver is not loaded.
    CUFRAMES_CUDA_NONE = 0,
    /// Those on any GPU too, in its primary context.
    CUFRAMES_CUDA_ANY = 1,
    /// Those on cuda_device, in its primary context.
    CUFRAMES_CUDA_DEVICE = 2,
    /// Those on the GPU of cuda_context.
    CUFRAMES_CUDA_CONTEXT = 3,
}

pub(super) fn kind_of_memory(number: i32) -> Result<Memory, Failure> {
    match number {
        0 => Ok(Memory::Host),
        1 => Ok(Memory::Auto),
        2 => Ok(Memory::CudaIpc),
        3 => Ok(Memory::CudaVmm),
        _ => refuse(format!("memory is {number}; it is a cuframes_memory_t")),
    }
}

pub(super) fn kind_of_sync(number: i32) -> Result<Sync, Failure> {
    match number {
        0 => Ok(Sync::Auto),
        1 => Ok(Sync::Cpu),
        2 => Ok(Sync::Event),
        3 => Ok(Sync::Timeline),
        _ => refuse(format!("sync is {number}; it is a cuframes_sync_t")),
    }
}

pub(super) fn device(number: i32) -> Result<u32, Failure> {
    u32::try_from(number)
        .or_else(|_| refuse(format!("cuda_device is {number}; devices begin at 0")))
}

/// The caller's context, if it gave one.
///
/// # Safety
/// I13: it is NULL or a context that outlives what it is used for.
pub(super) unsafe fn context(context: *mut c_void) -> Result<Option<Context>, Failure> {
    if context.is_null() {
        return Ok(None);
    }
    let driver = Driver::load()
        .map_err(|error| crate::Error::Unsupported(format!("cuda_context: {error}")))?;
    // SAFETY: I13: passed on.
    let context = unsafe { Context::from_raw(driver, context) };
    Ok(Some(
        context.map_err(crate::Error::cuda("use cuda_context"))?,
    ))
}

/// Lets a subscriber take the frames on GPUs that `cuda`, a cuframes_cuda_t, says.
///
/// # Safety
/// I13: `own` is NULL or a context that outlives the subscriber and its frames.
pub(super) unsafe fn accept(
    builder: SubscriberBuilder,
    cuda: i32,
    ordinal: i32,
    own: *mut c_void,
) -> Result<SubscriberBuilder, Failure> {
    match cuda {
        0 => Ok(builder),
        1 => Ok(builder.cuda()),
        2 => Ok(builder.cuda_device(device(ordinal)?)),
        // SAFETY: I13: passed on.
        3 => match unsafe { context(own) }? {
            Some(context) => Ok(builder.cuda_context(&context)),
            None => refuse("cuda_context is NULL, and cuda is CUFRAMES_CUDA_CONTEXT"),
        },
        number => refuse(format!("cuda is {number}; it is a cuframes_cuda_t")),
    }
}

/// The stream of a call, for frames in memory of `kind`.
///
/// # Safety
/// I13: it is NULL, CUFRAMES_NO_STREAM, or a stream that outlives what it is used for.
pub(super) unsafe fn stream(
    stream: *mut c_void,
    kind: MemoryKind,
) -> Result<Option<StreamRef<'static>>, Failure> {
    let none = stream.addr() == NO_STREAM;
    match kind {
        _ if none => Ok(None),
        MemoryKind::CudaIpc | MemoryKind::CudaVmm => {
            // SAFETY: I13: passed on.
            Ok(Some(unsafe { StreamRef::from_raw(stream) }))
        }
        MemoryKind::Host | MemoryKind::Dmabuf if stream.is_null() => Ok(None),
        MemoryKind::Host | MemoryKind::Dmabuf => {
            refuse("stream is not NULL, and the frames are in host memory")
        }
    }
}

pub(super) fn memory_number(kind: MemoryKind) -> cuframes_memory_t {
    match kind {
        MemoryKind::Host | MemoryKind::Dmabuf => cuframes_memory_t::CUFRAMES_MEMORY_HOST,
        MemoryKind::CudaIpc => cuframes_memory_t::CUFRAMES_MEMORY_CUDA_IPC,
        MemoryKind::CudaVmm => cuframes_memory_t::CUFRAMES_MEMORY_CUDA_VMM,
    }
}

pub(super) fn sync_number(kind: SyncKind) -> cuframes_sync_t {
    match kind {
        SyncKind::Cpu => cuframes_sync_t::CUFRAMES_SYNC_CPU,
        SyncKind::CudaEvent => cuframes_sync_t::CUFRAMES_SYNC_EVENT,
        SyncKind::CudaTimeline => cuframes_sync_t::CUFRAMES_SYNC_TIMELINE,
    }
}
