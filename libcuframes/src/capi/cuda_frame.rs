//! Frames on a GPU that C holds.

use std::ffi::{c_int, c_void};
use std::time::Duration;

use super::cuda;
use super::error::{guard, guard_value};
use super::frame::{self, Lent, cuframes_frame_t};
use super::handles;
use super::memory;
use super::publisher::timeout;

/// A cuframes_memory_t: where the pixels of a frame are. Negative if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_memory(frame: *mut cuframes_frame_t) -> c_int {
    guard_value(
        || Ok(cuda::memory_number(handles::get::<Lent>(frame)?.frame.memory()) as c_int),
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
        match unsafe { cuda::stream(stream, lent.frame.memory()) }? {
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
    guard_value(
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
            given.extend(unsafe { cuda::stream(stream, kind) }?);
        }
        frame::give_back_on(frame, &given)
    })
}
