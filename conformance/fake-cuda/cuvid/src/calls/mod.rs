//! `extern "C"`: pointers are checked and handles looked up, the rest is elsewhere.

mod decoder;
mod lock;
mod parser;
mod source;

use crate::abi::{Code, code};
use crate::driver::Result;
use crate::faults;

/// Makes a call, unless it is to fail, and gives what C gets for a result.
fn call(name: &'static str, body: impl FnOnce() -> Result<()>) -> Code {
    match faults::before(name).and_then(|()| body()) {
        Ok(()) => code::SUCCESS,
        Err(code) => code,
    }
}

/// A struct that the caller gave to be read.
///
/// # Safety
/// NULL, or a pointer as in I13.
unsafe fn given<'a, T>(pointer: *const T) -> Result<&'a T> {
    // SAFETY: I13: the caller's promise.
    unsafe { pointer.as_ref() }.ok_or(code::INVALID_VALUE)
}

/// A place that the caller gave for an answer.
///
/// # Safety
/// NULL, or a pointer as in I13.
unsafe fn place<'a, T>(pointer: *mut T) -> Result<&'a mut T> {
    // SAFETY: I13: the caller's promise.
    unsafe { pointer.as_mut() }.ok_or(code::INVALID_VALUE)
}

/// Bytes that the caller gave.
///
/// # Safety
/// NULL, or a pointer as in I13 to `len` bytes.
unsafe fn bytes<'a>(pointer: *const u8, len: usize) -> Result<&'a [u8]> {
    if pointer.is_null() || isize::try_from(len).is_err() {
        return Err(code::INVALID_VALUE);
    }
    // SAFETY: I13: the caller's promise.
    Ok(unsafe { std::slice::from_raw_parts(pointer, len) })
}
