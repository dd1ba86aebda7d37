//! Publishing frames.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::format::FrameLayout;
use crate::meta::FrameMeta;
use crate::publisher::{Publisher, WritableFrame};
use crate::wire::ErrorCode;

use super::cuda;
use super::error::{Failure, guard, refuse};
use super::memory;
use super::meta::{self, CUFRAMES_NO_PTS, cuframes_frame_meta_t};
use super::publisher::{OpenPublisher, cuframes_publisher_t, with_publisher};

pub(super) const DROPPED: Failure = Failure::Own(
    ErrorCode::WouldBlock,
    "every slot is in use, so the frame was dropped and counted; use more slots, or release frames sooner",
);

/// Takes a slot to make the next frame in.
///
/// ptr: the first byte of plane 0, a device pointer for frames on a GPU, valid until the
/// matching publish; cuframes_publisher_get_layout() says where the other planes are. What is in
/// it first is undefined. Called again before publishing, it gives the same slot.
/// Errors: WOULD_BLOCK: every slot is in use, and the frame is dropped and counted. With
/// CUFRAMES_POLICY_STRICT_WAIT it waits first, but no longer than strict_timeout_ms.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_acquire(
    publisher: *mut cuframes_publisher_t,
    ptr: *mut *mut c_void,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let out = unsafe { memory::out(ptr, "ptr") }?;
        let out = out.write(ptr::null_mut());
        with_publisher(publisher, |open| {
            let frame = match open.pending.take() {
                Some(frame) if open.live()?.check(&frame, &FrameMeta::default()).is_ok() => frame,
                old => {
                    drop(old);
                    open.live()?.acquire()?.ok_or(DROPPED)?
                }
            };
            *out = first_byte(open.pending.insert(frame));
            Ok(())
        })
    })
}

/// Publishes the frame that was acquired.
///
/// stream: NULL for host memory; on a GPU the CUstream after whose work the pixels are complete,
/// NULL the default stream, CUFRAMES_NO_STREAM if they are already. pts_ns: presentation time
/// in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS; live sources use
/// cuframes_now_ns().
/// Errors: INVALID_ARGUMENT: nothing was acquired, or stream is not NULL on host memory.
/// RECONFIGURED: it was acquired before cuframes_publisher_reconfigure(), and is given back.
/// CUDA: the driver refused; it is given back, and if the context is lost,
/// cuframes_publisher_reconfigure() starts anew.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish(
    publisher: *mut cuframes_publisher_t,
    stream: *mut c_void,
    pts_ns: i64,
) -> c_int {
    let meta = FrameMeta {
        pts: Some(pts_ns).filter(|&pts| pts != CUFRAMES_NO_PTS),
        ..FrameMeta::default()
    };
    guard(|| {
        with_publisher(publisher, |publisher| {
            // SAFETY: I13: passed on.
            unsafe { publish_pending(publisher, stream, &meta) }
        })
    })
}

/// Publishes the frame that was acquired, with everything that is to be said about it.
///
/// stream: as for cuframes_publisher_publish(). meta: NULL says nothing about the frame.
/// Errors: as cuframes_publisher_publish(); INVALID_ARGUMENT also for a crop that leaves
/// nothing of the picture. The frame is then still acquired.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish_ex(
    publisher: *mut cuframes_publisher_t,
    stream: *mut c_void,
    meta: *const cuframes_frame_meta_t,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let meta = unsafe { meta::read(meta) }?;
        with_publisher(publisher, |publisher| {
            // SAFETY: I13: passed on.
            unsafe { publish_pending(publisher, stream, &meta) }
        })
    })
}

/// # Safety
/// I13: `stream` is what the header says.
unsafe fn publish_pending(
    open: &mut OpenPublisher,
    stream: *mut c_void,
    meta: &FrameMeta,
) -> Result<(), Failure> {
    meta.validate(open.live()?.layout())?;
    // SAFETY: I13: passed on.
    let stream = unsafe { cuda::stream(stream, open.live()?.memory()) }?;
    let Some(frame) = open.pending.take() else {
        return refuse("no frame was acquired; call cuframes_publisher_acquire first");
    };
    match stream {
        Some(stream) => open.live()?.publish_on(frame, meta, stream)?,
        None => open.live()?.publish(frame, meta)?,
    };
    Ok(())
}

/// Plane 0, where streams or the processor reach it.
fn first_byte(frame: &WritableFrame<'_>) -> *mut c_void {
    match frame.device_plane(0) {
        Some(plane) => ptr::without_provenance_mut(plane.ptr as usize),
        None => frame.plane_ptr(0).cast(),
    }
}

/// Copies a frame into a slot and publishes it.
///
/// data: for each plane of the format its first row. pitch: for each plane the bytes from one
/// row to the next; negative for a picture that is stored bottom up. meta: NULL says nothing
/// about the frame. seq_out: its sequence; may be NULL.
/// Errors: WOULD_BLOCK: dropped and counted, as by cuframes_publisher_acquire().
/// INVALID_ARGUMENT: a plane is missing, or its pitch is shorter than a row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_publisher_publish_copy(
    publisher: *mut cuframes_publisher_t,
    data: *const *const c_void,
    pitch: *const i32,
    meta: *const cuframes_frame_meta_t,
    seq_out: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: I13: passed on.
        let meta = unsafe { meta::read(meta) }?;
        let seq = with_publisher(publisher, |open| {
            let publisher = open.live()?;
            let planes = publisher.layout().plane_count;
            // SAFETY: I13: there is an entry for each plane.
            let data = unsafe { memory::list(data, planes, "data") }?;
            // SAFETY: I13: there is an entry for each plane.
            let pitch = unsafe { memory::list(pitch, planes, "pitch") }?;
            check_source(publisher.layout(), data, pitch)?;
            meta.validate(publisher.layout())?;
            let mut frame = publisher.acquire()?.ok_or(DROPPED)?;
            // SAFETY: I13: passed on.
            unsafe { copy(&mut frame, data, pitch) }?;
            publish_copied(publisher, frame, &meta)
        })?;
        // SAFETY: I13: passed on.
        unsafe { memory::offer(seq_out, seq) };
        Ok(())
    })
}

fn publish_copied(
    publisher: &mut Publisher,
    frame: WritableFrame<'_>,
    meta: &FrameMeta,
) -> Result<u64, Failure> {
    publisher.count_copy();
    Ok(publisher.publish(frame, meta)?.seq())
}

fn check_source(
    layout: &FrameLayout,
    data: &[*const c_void],
    pitch: &[i32],
) -> Result<(), Failure> {
    for (plane, (data, &pitch)) in data.iter().zip(pitch).enumerate() {
        let row = layout.plane_row_bytes(plane);
        if data.is_null() {
            return refuse(format!("data[{plane}] is NULL"));
        }
        if pitch.unsigned_abs() < row {
            return refuse(format!(
                "pitch[{plane}] is {pitch}, and a row has {row} bytes"
            ));
        }
    }
    Ok(())
}

/// Copies the caller's picture row by row.
///
/// # Safety
/// I13: every row of every plane of the frame's layout is readable.
unsafe fn copy(
    frame: &mut WritableFrame<'_>,
    data: &[*const c_void],
    pitch: &[i32],
) -> Result<(), Failure> {
    for (plane, (&first, &from_pitch)) in data.iter().zip(pitch).enumerate() {
        let bytes = frame.layout().plane_row_bytes(plane) as usize;
        let count = frame.layout().plane_rows(plane) as usize;
        // SAFETY: I13: passed on.
        let row = |y| unsafe { memory::row(first.cast(), y, from_pitch as isize, bytes) };
        if frame.device_plane(plane).is_some() {
            let packed: Vec<u8> = (0..count).flat_map(row).copied().collect();
            frame.upload(plane, &packed, bytes)?;
            continue;
        }
        let to_pitch = frame.pitch(plane);
        let rows = frame.plane_mut(plane).chunks_mut(to_pitch);
        for (y, to) in rows.enumerate() {
            to[..bytes].copy_from_slice(row(y));
        }
    }
    Ok(())
}
