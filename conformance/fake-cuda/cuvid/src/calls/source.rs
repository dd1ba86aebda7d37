//! Video sources, which open files by themselves: not simulated.

use std::ffi::{c_char, c_int, c_uint, c_void};

use crate::abi::{Code, SOURCE_ERROR, VideoFormat, WideChar, code};

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCreateVideoSource(
    _source: *mut *mut c_void,
    _file: *const c_char,
    _params: *mut c_void,
) -> Code {
    code::NOT_SUPPORTED
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCreateVideoSourceW(
    _source: *mut *mut c_void,
    _file: *const WideChar,
    _params: *mut c_void,
) -> Code {
    code::NOT_SUPPORTED
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidDestroyVideoSource(_source: *mut c_void) -> Code {
    code::NOT_SUPPORTED
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidSetVideoSourceState(_source: *mut c_void, _state: c_int) -> Code {
    code::NOT_SUPPORTED
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetVideoSourceState(_source: *mut c_void) -> c_int {
    SOURCE_ERROR
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetSourceVideoFormat(
    _source: *mut c_void,
    _format: *mut VideoFormat,
    _flags: c_uint,
) -> Code {
    code::NOT_SUPPORTED
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidGetSourceAudioFormat(
    _source: *mut c_void,
    _format: *mut c_void,
    _flags: c_uint,
) -> Code {
    code::NOT_SUPPORTED
}
