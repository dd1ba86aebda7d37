//! Versions and the clock.

use std::ffi::c_char;

use crate::session::{LIB_VERSION, OUR_VERSION};

/// The version of this library as major << 16 | minor << 8 | patch.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_version() -> u32 {
    LIB_VERSION
}

/// The version of this library as a static string such as "0.1.0".
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_version_string() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// The highest protocol version that this library speaks with other processes.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_protocol_version() -> u32 {
    OUR_VERSION
}

/// Nanoseconds of CLOCK_MONOTONIC: the clock of cuframes_frame_publish_ns(), and a good pts for
/// live sources.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_now_ns() -> i64 {
    i64::try_from(crate::publisher::now_ns()).unwrap_or(i64::MAX)
}
