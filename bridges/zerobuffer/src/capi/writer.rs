//! Writers.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::LazyLock;

use crate::Writer;

use super::config::timeout;
use super::error::{Failure, guard, guard_value};
use super::handles::{self, Exclusive, Object, Table};
use super::lending::Lending;
use super::memory;

/// Connects to a buffer and writes to it.
pub struct zerobuffer_writer_t(());

impl Object for Exclusive<Lending> {
    type Handle = zerobuffer_writer_t;
    const KIND: usize = 3;
    const NAME: &'static str = NAME;

    fn table() -> &'static Table<Self> {
        static TABLE: LazyLock<Table<Exclusive<Lending>>> = LazyLock::new(handles::empty);
        &TABLE
    }
}

const NAME: &str = "writer";

/// Uses the writer of `handle`, and what it has lent.
fn using<T>(
    handle: *mut zerobuffer_writer_t,
    call: impl FnOnce(&mut Lending) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let entry = handles::get::<Exclusive<Lending>>(handle)?;
    let mut used = entry.lock(NAME)?;
    call(&mut used)
}

/// Asks the writer of `handle`; 0 if there is none, or another thread uses it.
fn ask(handle: *mut zerobuffer_writer_t, answer: impl FnOnce(&Writer) -> u64) -> u64 {
    guard_value(
        || using(handle, |lending| Ok(answer(lending.look()))),
        |_| 0,
    )
}

/// Connects to the buffer of this name, which its reader has created.
///
/// out: the new writer, NULL on failure; end it with zerobuffer_writer_destroy().
/// Errors: BUFFER_NOT_FOUND, NOT_READY, WRITER_ALREADY_CONNECTED, READER_DEAD, VERSION, CORRUPT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_writer_connect(
    name: *const c_char,
    out: *mut *mut zerobuffer_writer_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out, "out") }?;
        let handle = out.write(ptr::null_mut());
        // SAFETY: C1: passed on.
        let name = unsafe { memory::text(name, "name") }?;
        let writer = Writer::connect(name)?;
        *handle = handles::insert(Exclusive::new(Lending::new(writer)))?;
        Ok(())
    })
}

/// Ends a writer. Space that is lent is given up; frames that were written can still be read.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_destroy(writer: *mut zerobuffer_writer_t) -> c_int {
    guard(|| handles::remove::<Exclusive<Lending>>(writer))
}

/// Writes the metadata; once in a buffer's life.
///
/// Errors: METADATA_ALREADY_WRITTEN, METADATA_TOO_LARGE, READER_DEAD.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_writer_set_metadata(
    writer: *mut zerobuffer_writer_t,
    data: *const c_void,
    size: usize,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let data = unsafe { memory::bytes(data.cast(), size, "data") }?;
        using(writer, |lending| {
            Ok(lending.writer()?.set_metadata(data)?)
        })
    })
}

/// Writes a copy of a frame, and waits for space as long as the write time-out says.
///
/// out_sequence: its number; may be NULL.
/// Errors: BUFFER_FULL, READER_DEAD, FRAME_TOO_LARGE, FRAME_UNPLACEABLE, INVALID_FRAME_SIZE.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_writer_write(
    writer: *mut zerobuffer_writer_t,
    data: *const c_void,
    size: usize,
    out_sequence: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let data = unsafe { memory::bytes(data.cast(), size, "data") }?;
        let sequence = using(writer, |lending| Ok(lending.writer()?.write(data)?))?;
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_sequence, sequence) };
        Ok(())
    })
}

/// Lends space in the ring, to make a frame where its reader will see it.
///
/// out_data: size bytes, which are not aligned and hold whatever was there before. They are
/// lent until zerobuffer_writer_commit() or zerobuffer_writer_abandon(), and everything else
/// about this writer is INVALID_ARGUMENT until then. out_sequence: the number of the frame; may
/// be NULL. Errors: as zerobuffer_writer_write().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_writer_buffer(
    writer: *mut zerobuffer_writer_t,
    size: usize,
    out_data: *mut *mut c_void,
    out_sequence: *mut u64,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on.
        let out = unsafe { memory::out(out_data, "out_data") }?;
        let address = out.write(ptr::null_mut());
        let (data, sequence) = using(writer, |lending| lending.lend(size))?;
        *address = data.cast();
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_sequence, sequence) };
        Ok(())
    })
}

/// Writes the frame that was made in the lent space.
///
/// out_sequence: its number; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_writer_commit(
    writer: *mut zerobuffer_writer_t,
    out_sequence: *mut u64,
) -> c_int {
    guard(|| {
        let sequence = using(writer, |lending| lending.commit())?;
        // SAFETY: C1: passed on.
        unsafe { memory::offer(out_sequence, sequence) };
        Ok(())
    })
}

/// Gives the lent space up; nothing is written.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_abandon(writer: *mut zerobuffer_writer_t) -> c_int {
    guard(|| using(writer, |lending| lending.take().map(drop)))
}

/// How long a write waits for space, in milliseconds; 5000 if it is not set. A negative one
/// waits for ever.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_set_write_timeout(
    writer: *mut zerobuffer_writer_t,
    timeout_ms: i32,
) -> c_int {
    guard(|| {
        using(writer, |lending| {
            lending.writer()?.set_write_timeout(timeout(timeout_ms));
            Ok(())
        })
    })
}

/// Whether the reader is there. Returns: 1 or 0, or an error.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_is_reader_connected(writer: *mut zerobuffer_writer_t) -> c_int {
    guard_value(
        || {
            using(writer, |lending| {
                Ok(lending.look().is_reader_connected().into())
            })
        },
        |code| code,
    )
}

/// Bytes of the largest frame that this buffer can take; 0 if there is no such writer.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_max_frame_size(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, Writer::max_frame_size)
}

/// Bytes of the metadata block; 0 if there is no such writer.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_metadata_size(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, Writer::metadata_size)
}

/// Bytes of the payload block; 0 if there is no such writer.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_payload_size(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, Writer::payload_size)
}

/// Frames that this writer has written; 0 if there is no such writer.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_frames_written(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, Writer::frames_written)
}

/// Bytes of those.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_bytes_written(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, Writer::bytes_written)
}

/// The process of the reader, 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_writer_reader_pid(writer: *mut zerobuffer_writer_t) -> u64 {
    ask(writer, |writer| writer.reader_pid().unwrap_or(0))
}
