//! Readers.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::LazyLock;

use crate::{Reader, Waker};

use super::config::{self, timeout, zerobuffer_config_t};
use super::error::{Failure, guard, guard_value, zerobuffer_error_t::*};
use super::frame::{self, zerobuffer_frame_t};
use super::handles::{self, Exclusive, Object, Table};
use super::memory;

/// Makes a buffer and reads from it.
pub struct zerobuffer_reader_t(());

/// A reader, and what ends its waits from another thread.
struct Reading {
    reader: Exclusive<Reader>,
    waker: Waker,
}

impl Object for Reading {
    type Handle = zerobuffer_reader_t;
    const KIND: usize = 2;
    const NAME: &'static str = NAME;

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Reading>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

const NAME: &str = "reader";

/// Uses the reader of `handle`.
fn using<T>(
    handle: *mut zerobuffer_reader_t,
    call: impl FnOnce(&mut Reader) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let reading = handles::get::<Reading>(handle)?;
    let mut used = reading.reader.lock(NAME)?;
    call(&mut used)
}

/// Asks the reader of `handle`; 0 if there is none, or another thread uses it.
fn ask(handle: *mut zerobuffer_reader_t, answer: impl FnOnce(&Reader) -> u64) -> u64 {
    guard_value(|| using(handle, |reader| Ok(answer(reader))), |_| 0)
}

/// Makes a buffer.
///
/// name: of the buffer. config: NULL for the defaults. out: the new reader, NULL on failure; end
/// it with zerobuffer_reader_destroy().
/// Errors: READER_ALREADY_CONNECTED, INVALID_NAME, INVALID_CONFIG, NO_SPACE, SYSTEM.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_reader_create(
    name: *const c_char,
    config: *const zerobuffer_config_t,
    out: *mut *mut zerobuffer_reader_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        // SAFETY: C1: passed on.
        let name = unsafe { memory::text(name, "name") }?;
        // SAFETY: C1: passed on.
        let config = unsafe { config::read(config) }?;
        let reader = Reader::create(name, &config)?;
        *handle = handles::insert(Reading {
            waker: reader.waker(),
            reader: Exclusive::new(reader),
        })?;
        Ok(())
    })
}

/// Ends a reader and removes its buffer. Frames that are held stay valid until they are
/// released.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_destroy(reader: *mut zerobuffer_reader_t) -> c_int {
    guard(|| handles::remove::<Reading>(reader))
}

/// Waits until a writer is connected, at most so long; 0 only looks.
///
/// timeout_ms: a negative one waits for ever. Returns: 1 if there is one, 0 if there is none, or
/// an error.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_is_writer_connected(
    reader: *mut zerobuffer_reader_t,
    timeout_ms: i32,
) -> c_int {
    let connected = |reader: &mut Reader| Ok(reader.is_writer_connected(timeout(timeout_ms)));
    guard_value(|| using(reader, connected).map(c_int::from), |code| code)
}

/// Copies the metadata that the writer has written.
///
/// dst: size bytes, of which no more than there are of metadata are written; may be NULL if size
/// is 0. out_size: how many bytes of metadata there are, also if they do not fit; may be NULL.
/// Errors: NO_METADATA: not written yet. INVALID_ARGUMENT: it does not fit, and nothing was
/// copied, unless size is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_reader_get_metadata(
    reader: *mut zerobuffer_reader_t,
    dst: *mut c_void,
    size: usize,
    out_size: *mut usize,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_size, 0) };
        let metadata = using(reader, |reader| Ok(reader.metadata()?))?.ok_or(Failure::Own(
            ZEROBUFFER_ERR_NO_METADATA,
            "the writer has not written metadata yet",
        ))?;
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_size, metadata.len()) };
        // SAFETY: C1: passed on.
        let dst = unsafe { memory::buffer(dst.cast(), size, "dst") }?;
        match dst.get_mut(..metadata.len()) {
            Some(place) => place.copy_from_slice(&metadata),
            None if size == 0 => {}
            None => {
                let len = metadata.len();
                return super::error::refuse(format!("there are {len} bytes, and dst has {size}"));
            }
        }
        Ok(())
    })
}

/// The next frame, in place.
///
/// timeout_ms: how long to wait for it; 0 only looks, a negative one waits for ever. out: the
/// frame, NULL on failure; give it back with zerobuffer_frame_release().
/// Errors: TIMEOUT: none came, or zerobuffer_reader_wake() was called. WRITER_DEAD: the writer
/// is gone, and all its frames are read. SEQUENCE_GAP, CORRUPT, TOO_MANY_FRAMES_HELD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_reader_read(
    reader: *mut zerobuffer_reader_t,
    timeout_ms: i32,
    out: *mut *mut zerobuffer_frame_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        let frame = using(reader, |reader| Ok(reader.read(timeout(timeout_ms))?))?;
        let none = Failure::Own(ZEROBUFFER_ERR_TIMEOUT, "no frame came in time");
        *handle = frame::lend(frame.ok_or(none)?)?;
        Ok(())
    })
}

/// Ends the wait of another thread in zerobuffer_reader_read(), which returns TIMEOUT.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_wake(reader: *mut zerobuffer_reader_t) -> c_int {
    guard(|| {
        handles::get::<Reading>(reader)?.waker.wake();
        Ok(())
    })
}

/// Bytes of the metadata block; 0 if there is no such reader.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_metadata_size(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, Reader::metadata_size)
}

/// Bytes of the payload block; 0 if there is no such reader.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_payload_size(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, Reader::payload_size)
}

/// Frames that were read so far; 0 if there is no such reader.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_frames_read(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, Reader::frames_read)
}

/// Bytes of those.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_bytes_read(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, Reader::bytes_read)
}

/// Frames that are held and not given back yet.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_frames_held(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, |reader| reader.frames_held() as u64)
}

/// The process of the writer, 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_reader_writer_pid(reader: *mut zerobuffer_reader_t) -> u64 {
    ask(reader, |reader| reader.writer_pid().unwrap_or(0))
}
