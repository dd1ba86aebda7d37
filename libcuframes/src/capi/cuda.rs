//! Frames in the memory of a GPU, for C. Contexts, streams and device pointers are those of the
//! driver API; those of the runtime API can be cast to them.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::time::Duration;

use crate::cuda::{Memory, Sync};
use crate::subscriber::SubscriberBuilder;
use crate::sys::cuda::{Context, Driver, StreamRef};
use crate::wire::{ErrorCode, MemoryKind, SyncKind};

use super::error::{Failure, guard, refuse};
use super::frame::{self, Lent, cuframes_frame_t};
use super::handles;
use super::memory;
use super::publisher::{cuframes_publisher_t, timeout, with_publisher};
use super::slot::{Slot, cuframes_slot_t};
use super::subscriber_config::cuframes_subscriber_config_t;

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

/// Which frames on GPUs `config` takes.
///
/// # Safety
/// I13: its context is NULL or outlives the subscriber and its frames.
pub(super) unsafe fn accept(
    builder: SubscriberBuilder,
    config: &cuframes_subscriber_config_t,
) -> Result<SubscriberBuilder, Failure> {
    match config.cuda {
        0 => Ok(builder),
        1 => Ok(builder.cuda()),
        2 => Ok(builder.cuda_device(device(config.cuda_device)?)),
        // SAFETY: I13: passed on.
        3 => match unsafe { context(config.cuda_context) }? {
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

/// Takes a slot on a GPU for a stream to write: what the stream does from now on comes after
/// whatever was done to the slot before. The processor waits for no GPU.
///
/// stream: the CUstream, NULL the default stream; it outlives the publishing or the release of
/// the slot. out: the slot, NULL on failure; publish it with cuframes_publisher_publish_slot(),
/// and give it back with cuframes_slot_release().
/// Errors: WOULD_BLOCK: every slot is in use, and the frame is dropped and counted; with
/// CUFRAMES_POLICY_STRICT_WAIT it waits first, but no longer than strict_timeout_ms.
/// UNSUPPORTED: the frames are in host memory. CUDA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_acquire_on(
    publisher: *mut cuframes_publisher_t,
    stream: *mut c_void,
    out: *mut *mut cuframes_slot_t,
) -> c_int {
    const DROPPED: Failure = Failure::Own(
        ErrorCode::WouldBlock,
        "every slot is in use, so the frame was dropped and counted; use more slots, or release frames sooner",
    );
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let out = out.write(ptr::null_mut());
        with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            // SAFETY: I13: passed on.
            let frame = match unsafe { self::stream(stream, publisher.memory()) }? {
                Some(stream) => publisher.acquire_on(stream)?,
                None => publisher.acquire()?,
            };
            *out = handles::insert(Slot::new(frame.ok_or(DROPPED)?))?;
            Ok(())
        })
    })
}

/// Where the frames of a publisher live, and what tells that they are complete: what
/// CUFRAMES_MEMORY_AUTO and CUFRAMES_SYNC_AUTO chose.
///
/// memory: a cuframes_memory_t; may be NULL. sync: a cuframes_sync_t; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_get_memory(
    publisher: *mut cuframes_publisher_t,
    memory: *mut i32,
    sync: *mut i32,
) -> c_int {
    guard(|| {
        let kinds = with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            Ok((publisher.memory(), publisher.sync()))
        })?;
        let (in_memory, by_sync) = (memory_number(kinds.0), sync_number(kinds.1));
        // SAFETY: I13: passed on.
        unsafe { memory::offer(memory, in_memory as i32) };
        // SAFETY: I13: passed on.
        unsafe { memory::offer(sync, by_sync as i32) };
        Ok(())
    })
}

fn memory_number(kind: MemoryKind) -> cuframes_memory_t {
    match kind {
        MemoryKind::Host | MemoryKind::Dmabuf => cuframes_memory_t::CUFRAMES_MEMORY_HOST,
        MemoryKind::CudaIpc => cuframes_memory_t::CUFRAMES_MEMORY_CUDA_IPC,
        MemoryKind::CudaVmm => cuframes_memory_t::CUFRAMES_MEMORY_CUDA_VMM,
    }
}

fn sync_number(kind: SyncKind) -> cuframes_sync_t {
    match kind {
        SyncKind::Cpu => cuframes_sync_t::CUFRAMES_SYNC_CPU,
        SyncKind::CudaEvent => cuframes_sync_t::CUFRAMES_SYNC_EVENT,
        SyncKind::CudaTimeline => cuframes_sync_t::CUFRAMES_SYNC_TIMELINE,
    }
}

/// A cuframes_memory_t: where the pixels of a frame are. Negative if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_memory(frame: *mut cuframes_frame_t) -> c_int {
    super::error::guard_value(
        || Ok(memory_number(handles::get::<Lent>(frame)?.frame.memory()) as c_int),
        |code| code,
    )
}

/// Makes a stream wait until the pixels of a frame are complete. The processor does not wait.
///
/// stream: a CUstream of the subscriber's context, NULL the default stream. On host memory there
/// is nothing to wait for.
/// Errors: CUDA. If the publisher dies first, the stream goes on all the same, and
/// cuframes_frame_is_ready() then gives ABORTED.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_frame_wait_on(
    frame: *mut cuframes_frame_t,
    stream: *mut c_void,
) -> c_int {
    guard(|| {
        let lent = handles::get::<Lent>(frame)?;
        // SAFETY: I13: passed on.
        match unsafe { self::stream(stream, lent.frame.memory()) }? {
            Some(stream) => Ok(lent.frame.wait_on(stream)?),
            None => Ok(()),
        }
    })
}

/// Waits until the pixels of a frame are complete.
///
/// timeout_ms: 0 only looks, negative waits for as long as the publisher lives.
/// Errors: TIMEOUT. ABORTED: they never will be. CUDA.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_wait_host(frame: *mut cuframes_frame_t, timeout_ms: i32) -> c_int {
    guard(|| {
        let limit: Option<Duration> = timeout(timeout_ms);
        Ok(handles::get::<Lent>(frame)?.frame.wait_host(limit)?)
    })
}

/// Whether the pixels of a frame are complete.
///
/// Returns: 1 if they are, 0 if they are not yet, or a negative cuframes_error_t: ABORTED: they
/// never will be. CUDA. INVALID_ARGUMENT: there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_is_ready(frame: *mut cuframes_frame_t) -> c_int {
    super::error::guard_value(
        || Ok(c_int::from(handles::get::<Lent>(frame)?.frame.is_ready()?)),
        |code| code,
    )
}

/// Gives a frame back when every one of some streams has got here: what was given to them before
/// may still read it. The processor does not wait. Any thread may do that, for a frame of a
/// callback too.
///
/// streams: count CUstreams, NULL among them the default stream; count 0 gives it back now.
/// Errors: as cuframes_subscriber_release(). CUDA: the context is lost, and the frame was given
/// back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_frame_release_on(
    frame: *mut cuframes_frame_t,
    streams: *const *mut c_void,
    count: u32,
) -> c_int {
    guard(|| {
        // SAFETY: I13: there are as many as `count` says.
        let streams = unsafe { memory::list(streams, count as usize, "streams") }?;
        let kind = handles::get::<Lent>(frame)?.frame.memory();
        let mut given = Vec::with_capacity(streams.len());
        for &stream in streams {
            // SAFETY: I13: passed on.
            given.extend(unsafe { self::stream(stream, kind) }?);
        }
        frame::give_back_on(frame, &given)
    })
}
