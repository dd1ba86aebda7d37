//! The caller's memory: every pointer from C that is no handle is read and written here.
//!
//! Such a pointer is NULL, or points to what the header says it does, for the length of the
//! call. NULL is looked for; the rest is the caller's promise.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use std::slice;

use super::error::{Failure, refuse};

/// A place for a result, named `name` in messages.
///
/// # Safety
/// `to` is NULL or points to a writable T that nobody else uses during the call.
pub(super) unsafe fn out<'call, T>(
    to: *mut T,
    name: &str,
) -> Result<&'call mut MaybeUninit<T>, Failure> {
    if to.is_null() || !to.is_aligned() {
        return refuse(format!("{name} is NULL or misaligned"));
    }
    // SAFETY: C1: it is writable, aligned and the caller's own; MaybeUninit asks no more.
    Ok(unsafe { &mut *to.cast::<MaybeUninit<T>>() })
}

/// Writes a result that the caller may not want.
///
/// # Safety
/// `to` is NULL or points to a writable T.
pub(super) unsafe fn offer<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: C1: it is writable.
        unsafe { to.write_unaligned(value) };
    }
}

/// A struct of the caller's that is only read.
///
/// # Safety
/// `from` is NULL or points to a readable T of which any bytes are a valid value.
pub(super) unsafe fn value<T: Copy>(from: *const T, name: &str) -> Result<T, Failure> {
    if from.is_null() || !from.is_aligned() {
        return refuse(format!("{name} is NULL or misaligned"));
    }
    // SAFETY: C1: it is readable and aligned.
    Ok(unsafe { from.read() })
}

/// A string of the caller's.
///
/// # Safety
/// `text` is NULL or a string with a NUL behind it.
pub(super) unsafe fn text<'call>(text: *const c_char, name: &str) -> Result<&'call str, Failure> {
    if text.is_null() {
        return refuse(format!("{name} is NULL"));
    }
    // SAFETY: C1: it ends with a NUL.
    let text = unsafe { CStr::from_ptr(text) };
    match text.to_str() {
        Ok(text) => Ok(text),
        Err(_) => refuse(format!("{name} is not UTF-8")),
    }
}

/// Bytes of the caller's; none for a size of 0.
///
/// # Safety
/// `first` is NULL or points to `size` readable bytes that nobody writes during the call.
pub(super) unsafe fn bytes<'call>(
    first: *const u8,
    size: usize,
    name: &str,
) -> Result<&'call [u8], Failure> {
    if size == 0 {
        return Ok(&[]);
    }
    if first.is_null() || size > isize::MAX as usize {
        return refuse(format!("{name} is NULL or too large"));
    }
    // SAFETY: C1: `size` bytes are readable, and nobody writes them during the call.
    Ok(unsafe { slice::from_raw_parts(first, size) })
}

/// A buffer of the caller's; none for a size of 0.
///
/// # Safety
/// `first` is NULL or points to `size` writable bytes that nobody else uses.
pub(super) unsafe fn buffer<'call>(
    first: *mut u8,
    size: usize,
    name: &str,
) -> Result<&'call mut [u8], Failure> {
    if size == 0 {
        return Ok(&mut []);
    }
    if first.is_null() || size > isize::MAX as usize {
        return refuse(format!("{name} is NULL or too large"));
    }
    // SAFETY: C1: `size` bytes are writable and the caller's own. Bytes that were never written are
    // only written here.
    Ok(unsafe { slice::from_raw_parts_mut(first, size) })
}
