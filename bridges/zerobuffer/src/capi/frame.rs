//! Frames that C holds.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::LazyLock;

use crate::Frame;

use super::error::{Failure, guard, guard_value};
use super::handles::{self, Object, Table};
use super::memory;

/// A frame, read in place. Until it is released its space is not written again.
pub struct zerobuffer_frame_t(());

impl Object for Frame {
    type Handle = zerobuffer_frame_t;
    const KIND: usize = 1;
    const NAME: &'static str = "frame";

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Frame>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

/// Lends `frame` to C.
pub(super) fn lend(frame: Frame) -> Result<*mut zerobuffer_frame_t, Failure> {
    handles::insert(frame)
}

/// Asks the frame of `handle`; `none` if there is none.
fn ask<T>(handle: *mut zerobuffer_frame_t, none: T, answer: impl FnOnce(&Frame) -> T) -> T {
    guard_value(|| Ok(answer(&*handles::get::<Frame>(handle)?)), |_| none)
}

/// Address of the first byte, for reading; valid until the frame is released.
///
/// It lies in memory that the writer's process can write to, and is not aligned.
/// Returns: NULL if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_frame_data(frame: *mut zerobuffer_frame_t) -> *const c_void {
    ask(frame, ptr::null(), |frame| frame.as_ptr().cast())
}

/// Address of the first byte, for changing a frame where it lies.
///
/// Returns: NULL if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_frame_mutable_data(frame: *mut zerobuffer_frame_t) -> *mut c_void {
    zerobuffer_frame_data(frame).cast_mut()
}

/// Bytes of a frame; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_frame_size(frame: *mut zerobuffer_frame_t) -> usize {
    ask(frame, 0, Frame::len)
}

/// The number that its writer gave it, from 1 on; 0 if there is no such frame.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_frame_sequence(frame: *mut zerobuffer_frame_t) -> u64 {
    ask(frame, 0, Frame::sequence)
}

/// Copies a frame out of the buffer, whatever its writer does meanwhile.
///
/// dst: size bytes. Errors: INVALID_ARGUMENT: size is not that of the frame.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_frame_copy_to(
    frame: *mut zerobuffer_frame_t,
    dst: *mut c_void,
    size: usize,
) -> c_int {
    guard(|| {
        let frame = handles::get::<Frame>(frame)?;
        if size != frame.len() {
            let len = frame.len();
            return super::error::refuse(format!("the frame has {len} bytes, and dst has {size}"));
        }
        // SAFETY: C1: passed on.
        let dst = unsafe { memory::buffer(dst.cast(), size, "dst") }?;
        frame.copy_to(dst);
        Ok(())
    })
}

/// Gives a frame back. In any order, by any thread, also after its reader was destroyed.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_frame_release(frame: *mut zerobuffer_frame_t) -> c_int {
    guard(|| handles::remove::<Frame>(frame))
}
