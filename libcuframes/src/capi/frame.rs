//! Frames that C holds.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::LazyLock;

use crate::subscriber::Frame;
use crate::sys::cuda::StreamRef;

use super::error::{Failure, guard, guard_value, refuse};
use super::format::{cuframes_layout_t, fourcc, signed};
use super::handles::{self, Object, Table};
use super::memory;
use super::meta::{CUFRAMES_NO_PTS, cuframes_frame_meta_t};

/// A frame, read in place. Until it is released the publisher does not write to its pixels,
/// unless it evicts this subscriber.
pub struct cuframes_frame_t(());

/// A frame, and the handle of the subscriber that lent it; 0 for a callback.
pub(super) struct Lent {
    pub frame: Frame,
    pub owner: usize,
    /// On a GPU: the stream that waited for it, and after whose work it is given back.
    stream: Option<StreamRef<'static>>,
}

impl Object for Lent {
    type Handle = cuframes_frame_t;
    const KIND: usize = 3;
    const NAME: &'static str = "frame";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Lent>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

/// Lends `frame` to C.
pub(super) fn lend(
    frame: Frame,
    owner: usize,
    stream: Option<StreamRef<'static>>,
) -> Result<*mut cuframes_frame_t, Failure> {
    handles::insert(Lent {
        frame,
        owner,
        stream,
    })
}

/// Takes a frame back, and says whether it was whole.
pub(super) fn give_back(handle: *mut cuframes_frame_t) -> Result<(), Failure> {
    let stream = handles::get::<Lent>(handle)?.stream;
    give_back_on(handle, stream.as_slice())
}

/// Takes a frame back when `streams` have got here, at once if there are none, and says whether
/// it was whole.
pub(super) fn give_back_on(
    handle: *mut cuframes_frame_t,
    streams: &[StreamRef<'_>],
) -> Result<(), Failure> {
    // The clone outlives the handle, and so has the last word on the lease.
    let frame = handles::get::<Lent>(handle)?.frame.clone();
    handles::remove::<Lent>(handle)?;
    Ok(frame.release_on_streams(streams)?)
}

/// Asks the frame of `handle`; `none` if there is none.
fn ask<T>(handle: *mut cuframes_frame_t, none: T, answer: impl FnOnce(&Frame) -> T) -> T {
    guard_value(
        || Ok(answer(&handles::get::<Lent>(handle)?.frame)),
        |_| none,
    )
}

/// Another handle for the same frame, to be released by itself: to keep the frame of a
/// callback, or to hand it to another thread.
///
/// Release it with cuframes_subscriber_release(), with the same subscriber, or NULL for a frame
/// of a callback. Returns: NULL on failure.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_ref(frame: *mut cuframes_frame_t) -> *mut cuframes_frame_t {
    let lend_again = || {
        let (again, owner, stream) = {
            let lent = handles::get::<Lent>(frame)?;
            (lent.frame.clone(), lent.owner, lent.stream)
        };
        lend(again, owner, stream)
    };
    guard_value(lend_again, |_| ptr::null_mut())
}

/// Address of plane 0, for reading only: a device pointer for frames on a GPU.
///
/// Returns: NULL if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_cuda_ptr(frame: *mut cuframes_frame_t) -> *mut c_void {
    match cuframes_frame_cuda_plane(frame, 0) {
        0 => cuframes_frame_data(frame, 0).cast_mut(),
        device => ptr::without_provenance_mut(device as usize),
    }
}

/// Device pointer (a CUdeviceptr) to the first pixel of a plane of a frame on a GPU, valid until
/// the frame is released.
///
/// Returns: 0 if there is no such plane or frame, or it is in host memory.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_cuda_plane(frame: *mut cuframes_frame_t, plane: u32) -> u64 {
    ask(frame, 0, |frame| {
        let plane = frame.device_plane(plane as usize);
        plane.map_or(0, |plane| plane.ptr)
    })
}

/// Address of the first pixel of a plane of a frame in host memory, valid until the frame is
/// released.
///
/// Returns: NULL if there is no such plane or frame, or it is on a GPU.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_data(frame: *mut cuframes_frame_t, plane: u32) -> *const c_void {
    ask(frame, ptr::null(), |frame| {
        let plane = plane as usize;
        match plane < frame.plane_count() {
            true => frame.plane(plane).as_ptr().cast(),
            false => ptr::null(),
        }
    })
}

/// Bytes from one row of a plane to the next; 0 if there is no such plane or frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_pitch(frame: *mut cuframes_frame_t, plane: u32) -> i32 {
    ask(frame, 0, |frame| {
        let pitches = frame.layout().plane_pitch;
        pitches.get(plane as usize).copied().map_or(0, signed)
    })
}

/// Pitch of plane 0 in bytes.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_pitch_y(frame: *mut cuframes_frame_t) -> i32 {
    cuframes_frame_pitch(frame, 0)
}

/// Pitch of plane 1 in bytes, 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_pitch_uv(frame: *mut cuframes_frame_t) -> i32 {
    cuframes_frame_pitch(frame, 1)
}

/// Planes of a frame, 1 to 3; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_plane_count(frame: *mut cuframes_frame_t) -> u32 {
    ask(frame, 0, |frame| frame.plane_count() as u32)
}

/// Width in pixels; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_width(frame: *mut cuframes_frame_t) -> i32 {
    ask(frame, 0, |frame| signed(frame.layout().width))
}

/// Height in pixels; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_height(frame: *mut cuframes_frame_t) -> i32 {
    ask(frame, 0, |frame| signed(frame.layout().height))
}

/// A cuframes_format_t; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_format(frame: *mut cuframes_frame_t) -> i32 {
    ask(frame, 0, |frame| fourcc(frame.layout().format))
}

/// Its number: 1 for the first frame of the stream, without gaps at the publisher. 0 if there
/// is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_seq(frame: *mut cuframes_frame_t) -> u64 {
    ask(frame, 0, Frame::seq)
}

/// Presentation time in nanoseconds on the source's own clock, or CUFRAMES_NO_PTS.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_pts_ns(frame: *mut cuframes_frame_t) -> i64 {
    ask(frame, CUFRAMES_NO_PTS, |frame| {
        frame.pts().unwrap_or(CUFRAMES_NO_PTS)
    })
}

/// Duration in nanoseconds, 0 unknown.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_duration_ns(frame: *mut cuframes_frame_t) -> i64 {
    ask(frame, 0, |frame| frame.meta().duration)
}

/// When it was published: nanoseconds of CLOCK_MONOTONIC, as cuframes_now_ns().
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_publish_ns(frame: *mut cuframes_frame_t) -> u64 {
    ask(frame, 0, Frame::publish_ns)
}

/// cuframes_frame_flag_t, or-ed.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_frame_flags(frame: *mut cuframes_frame_t) -> u32 {
    ask(frame, 0, |frame| frame.flags().bits())
}

/// Everything that the publisher said about a frame. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_frame_get_meta(
    frame: *mut cuframes_frame_t,
    out: *mut cuframes_frame_meta_t,
) -> c_int {
    guard(|| {
        let meta = handles::get::<Lent>(frame)?.frame.meta();
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &meta.into()) }
    })
}

/// Planes, pitches and sizes of a frame. out: set out->struct_size before.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_frame_get_layout(
    frame: *mut cuframes_frame_t,
    out: *mut cuframes_layout_t,
) -> c_int {
    guard(|| {
        let layout = cuframes_layout_t::from(handles::get::<Lent>(frame)?.frame.layout());
        // SAFETY: I13: passed on.
        unsafe { memory::write(out, &layout) }
    })
}

/// Copies the picture without padding, plane after plane, as raw video files have it. A frame
/// on a GPU is waited for and downloaded.
///
/// dst: size bytes, of which the sum of plane_rows * plane_row_bytes is written.
/// Errors: INVALID_ARGUMENT: size is less than that, and nothing was copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuframes_frame_copy_to(
    frame: *mut cuframes_frame_t,
    dst: *mut c_void,
    size: usize,
) -> c_int {
    guard(|| {
        let lent = handles::get::<Lent>(frame)?;
        if (size as u64) < lent.frame.layout().packed_size() {
            return refuse(format!(
                "the picture has {} bytes, and dst has {size}",
                lent.frame.layout().packed_size()
            ));
        }
        // SAFETY: I13: passed on.
        let dst = unsafe { memory::buffer(dst.cast(), size, "dst") }?;
        Ok(lent.frame.copy_to(dst)?)
    })
}
