//! Finding functions by name.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};

use super::{call, give};
use crate::abi::*;
use crate::world::Answer;

/// # Safety
/// `symbol` is NULL or a string.
unsafe fn find(symbol: *const c_char, out: *mut *mut c_void) -> Answer {
    if symbol.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: passed on.
    let name = unsafe { CStr::from_ptr(symbol) }.to_string_lossy();
    // The newest form of a function is what is asked for.
    for form in [format!("{name}_v2"), name.into_owned()] {
        let form = CString::new(form).map_err(|_| INVALID_VALUE)?;
        // SAFETY: a handle of this library and a string; the lookup has no other effect.
        let found = unsafe { libc::dlsym(this_library(), form.as_ptr()) };
        if !found.is_null() {
            // SAFETY: the caller's.
            return unsafe { give(out, found) };
        }
    }
    Err(NOT_FOUND)
}

/// This library, which may have been loaded for its caller alone.
fn this_library() -> *mut c_void {
    let mut place = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let own: *const c_void = (cuGetProcAddress as *const ()).cast();
    // SAFETY: `place` has room for the answer.
    if unsafe { libc::dladdr(own, place.as_mut_ptr()) } == 0 {
        return libc::RTLD_DEFAULT;
    }
    // SAFETY: zeroes, or what the call has written.
    let place = unsafe { place.assume_init() };
    // SAFETY: the path of a library that is loaded; it is never unloaded.
    unsafe { libc::dlopen(place.dli_fname, libc::RTLD_NOW | libc::RTLD_NOLOAD) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetProcAddress(
    symbol: *const c_char,
    pfn: *mut *mut c_void,
    _cudaVersion: c_int,
    _flags: cuuint64_t,
) -> CUresult {
    // SAFETY: the caller's.
    call("cuGetProcAddress", || unsafe { find(symbol, pfn) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuGetProcAddress_v2(
    symbol: *const c_char,
    pfn: *mut *mut c_void,
    _cudaVersion: c_int,
    _flags: cuuint64_t,
    symbolStatus: *mut c_uint,
) -> CUresult {
    call("cuGetProcAddress_v2", || {
        // SAFETY: the caller's.
        let found = unsafe { find(symbol, pfn) };
        if !symbolStatus.is_null() {
            // SAFETY: the caller's.
            unsafe { give(symbolStatus, c_uint::from(found.is_err())) }?;
        }
        found
    })
}
