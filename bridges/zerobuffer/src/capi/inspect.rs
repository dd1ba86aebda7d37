//! Looking at buffers, and removing what dead processes left.

use std::ffi::{CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::{BufferInfo, Process};

use super::error::{Failure, guard, refuse};
use super::memory;

/// What can be seen of a buffer from outside.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct zerobuffer_info_t {
    /// sizeof(zerobuffer_info_t), which tells releases from each other.
    pub struct_size: u32,
    /// Not 0: nobody has it any more.
    pub stale: u32,
    /// Bytes of the metadata block.
    pub metadata_size: u64,
    /// Bytes that are written of it, 8 of which are their count; 0 for none.
    pub metadata_written: u64,
    /// Bytes of the payload block.
    pub payload_size: u64,
    /// Bytes of it that are free.
    pub payload_free: u64,
    /// Frames and wrap markers that were written.
    pub written_count: u64,
    /// Frames and wrap markers that were read.
    pub read_count: u64,
    /// Process of the writer, 0 for none.
    pub writer_pid: u64,
    /// Process of the reader, 0 for none.
    pub reader_pid: u64,
    /// Not 0: it is alive.
    pub writer_alive: u32,
    /// Not 0: it is alive.
    pub reader_alive: u32,
}

/// Gets a name, or a file, once for each. Both are valid until it returns. A C++ exception or
/// longjmp must not leave it: that ends the program.
pub type zerobuffer_name_callback_t =
    Option<unsafe extern "C-unwind" fn(user: *mut c_void, name: *const c_char)>;

fn pid(process: Option<&Process>) -> (u64, u32) {
    process.map_or((0, 0), |process| (process.pid, process.alive.into()))
}

impl From<&BufferInfo> for zerobuffer_info_t {
    fn from(info: &BufferInfo) -> zerobuffer_info_t {
        let (writer_pid, writer_alive) = pid(info.writer.as_ref());
        let (reader_pid, reader_alive) = pid(info.reader.as_ref());
        zerobuffer_info_t {
            struct_size: size_of::<zerobuffer_info_t>() as u32,
            stale: info.stale.into(),
            metadata_size: info.metadata_size,
            metadata_written: info.metadata_written,
            payload_size: info.payload_size,
            payload_free: info.payload_free,
            written_count: info.written_count,
            read_count: info.read_count,
            writer_pid,
            reader_pid,
            writer_alive,
            reader_alive,
        }
    }
}

/// Looks at a buffer and changes nothing.
///
/// out: set out->struct_size before. Errors: BUFFER_NOT_FOUND, NOT_READY, VERSION, CORRUPT.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_inspect(
    name: *const c_char,
    out: *mut zerobuffer_info_t,
) -> c_int {
    guard(|| {
        // SAFETY: C1: passed on; any bytes are valid numbers.
        let said = unsafe { memory::value(out.cast::<u32>(), "out") }?;
        if said as usize != size_of::<zerobuffer_info_t>() {
            return refuse(format!(
                "out has a struct_size of {said}; set it to its sizeof"
            ));
        }
        // SAFETY: C1: passed on.
        let name = unsafe { memory::text(name, "name") }?;
        let info = zerobuffer_info_t::from(&crate::inspect(name)?);
        // SAFETY: C1: passed on.
        unsafe { memory::out(out, "out") }?.write(info);
        Ok(())
    })
}

/// Tells the names of the buffers of this machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_list(
    callback: zerobuffer_name_callback_t,
    user: *mut c_void,
) -> c_int {
    guard(|| {
        let names = crate::list().map_err(|error| system("list the buffers", error))?;
        for name in names {
            call(callback, user, Path::new(&name))?;
        }
        Ok(())
    })
}

/// Removes what readers and writers that died have left behind.
///
/// dry_run: not 0 to remove nothing. callback: gets each file; may be NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zerobuffer_remove_stale(
    dry_run: c_int,
    callback: zerobuffer_name_callback_t,
    user: *mut c_void,
) -> c_int {
    guard(|| {
        let removed = crate::remove_stale(dry_run != 0);
        let removed = removed.map_err(|error| system("remove stale buffers", error))?;
        for file in removed.iter().flat_map(|buffer| &buffer.files) {
            call(callback, user, file)?;
        }
        Ok(())
    })
}

fn call(
    callback: zerobuffer_name_callback_t,
    user: *mut c_void,
    name: &Path,
) -> Result<(), Failure> {
    // A name with a NUL in it is none of a file.
    let name = CString::new(name.as_os_str().as_bytes()).unwrap_or_default();
    if let Some(callback) = callback {
        // SAFETY: C1: the callback is what the header says.
        unsafe { callback(user, name.as_ptr()) };
    }
    Ok(())
}

fn system(doing: &str, source: std::io::Error) -> Failure {
    Failure::Library(crate::Error::System {
        name: "*".to_owned(),
        doing: doing.to_owned(),
        source,
    })
}
