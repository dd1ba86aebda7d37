//! Publishing frames on a GPU.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::format::FrameLayout;
use crate::pool::DeviceRows;

use super::cuda;
use super::error::{Failure, guard, refuse};
use super::handles;
use super::memory;
use super::meta::{self, cuframes_frame_meta_t};
use super::publish::DROPPED;
use super::publisher::{cuframes_publisher_t, with_publisher};
use super::slot::{NONE_FREE, Slot, cuframes_slot_t};

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
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let out = out.write(ptr::null_mut());
        with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            // SAFETY: I13: passed on.
            let frame = match unsafe { cuda::stream(stream, publisher.memory()) }? {
                Some(stream) => publisher.acquire_on(stream)?,
                None => publisher.acquire()?,
            };
            *out = handles::insert(Slot::new(frame.ok_or(DROPPED)?))?;
            Ok(())
        })
    })
}

/// As cuframes_publisher_acquire_on(), if a slot is free right now. Nothing is waited for, and
/// nothing is counted.
///
/// Errors: WOULD_BLOCK: none is free. UNSUPPORTED: the frames are in host memory. CUDA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_acquire_slot_on(
    publisher: *mut cuframes_publisher_t,
    stream: *mut c_void,
    out: *mut *mut cuframes_slot_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let out = out.write(ptr::null_mut());
        with_publisher(publisher, |publisher| {
            let publisher = publisher.live()?;
            // SAFETY: I13: passed on.
            let frame = match unsafe { cuda::stream(stream, publisher.memory()) }? {
                Some(stream) => publisher.try_acquire_on(stream)?,
                None => publisher.try_acquire(),
            };
            *out = handles::insert(Slot::new(frame.ok_or(NONE_FREE)?))?;
            Ok(())
        })
    })
}

/// Copies a frame on the same GPU into a slot and publishes it, all on a stream. The processor
/// waits for no GPU.
///
/// stream: the CUstream, NULL the default stream. planes: for each plane of the format the
/// device pointer (CUdeviceptr) of its first row. pitch: for each plane the bytes from one row
/// to the next. meta: NULL says nothing about the frame. seq_out: its sequence; may be NULL.
/// Errors: WOULD_BLOCK: dropped and counted, as by cuframes_publisher_acquire().
/// INVALID_ARGUMENT: a pitch is shorter than a row. UNSUPPORTED: the frames are in host memory.
/// CUDA.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish_copy_on(
    publisher: *mut cuframes_publisher_t,
    stream: *mut c_void,
    planes: *const u64,
    pitch: *const i32,
    meta: *const cuframes_frame_meta_t,
    seq_out: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let meta = unsafe { meta::read(meta) }?;
        let seq = with_publisher(publisher, |open| {
            let publisher = open.live()?;
            let count = publisher.layout().plane_count;
            // SAFETY: I13: there is an entry for each plane.
            let planes = unsafe { memory::list(planes, count, "planes") }?;
            // SAFETY: I13: there is an entry for each plane.
            let pitch = unsafe { memory::list(pitch, count, "pitch") }?;
            // SAFETY: I13: the rows are readable until the stream has got here.
            let planes = unsafe { rows(publisher.layout(), planes, pitch) }?;
            // SAFETY: I13: passed on.
            let Some(stream) = (unsafe { cuda::stream(stream, publisher.memory()) })? else {
                return Err(Failure::unsupported(
                    "a copy on a GPU without a stream".to_owned(),
                ));
            };
            let seq = publisher.publish_copy_on(&planes, &meta, stream)?;
            seq.ok_or(DROPPED)
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::offer(seq_out, seq) };
        Ok(())
    })
}

/// # Safety
/// I13: the rows that the layout tells of are readable until the stream has got there.
unsafe fn rows(
    layout: &FrameLayout,
    planes: &[u64],
    pitch: &[i32],
) -> Result<Vec<DeviceRows>, Failure> {
    let mut rows = Vec::with_capacity(planes.len());
    for (plane, (&first, &pitch)) in planes.iter().zip(pitch).enumerate() {
        let row = layout.plane_row_bytes(plane);
        let Some(pitch) = usize::try_from(pitch)
            .ok()
            .filter(|&pitch| pitch >= row as usize)
        else {
            return refuse(format!(
                "pitch[{plane}] is {pitch}, and a row has {row} bytes"
            ));
        };
        // SAFETY: I13: passed on.
        rows.push(unsafe { DeviceRows::new(first, pitch) });
    }
    Ok(rows)
}

/// Goes on in another context of any GPU, from the next cuframes_publisher_reconfigure() on.
///
/// context: a CUcontext that outlives the publisher; the old one is to be kept as long.
/// Errors: UNSUPPORTED: the frames are in host memory. INVALID_ARGUMENT: NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_set_cuda_context(
    publisher: *mut cuframes_publisher_t,
    context: *mut c_void,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let Some(context) = (unsafe { cuda::context(context) })? else {
            return refuse("context is NULL");
        };
        with_publisher(publisher, |open| {
            Ok(open.live()?.set_cuda_context(&context)?)
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
        let (in_memory, by_sync) = (cuda::memory_number(kinds.0), cuda::sync_number(kinds.1));
        // SAFETY: I13: passed on.
        unsafe { memory::offer(memory, in_memory as i32) };
        // SAFETY: I13: passed on.
        unsafe { memory::offer(sync, by_sync as i32) };
        Ok(())
    })
}
