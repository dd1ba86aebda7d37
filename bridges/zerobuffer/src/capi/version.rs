//! The version of the library.

use std::ffi::c_char;

/// The version of this library as a static string such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn zerobuffer_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
