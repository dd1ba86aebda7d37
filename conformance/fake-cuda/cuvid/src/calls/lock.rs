//! Calls on context locks.

use std::ffi::{c_uint, c_void};
use std::sync::Arc;

use super::{call, place};
use crate::abi::{Code, code};
use crate::driver::{Handle, Result};
use crate::handles::Handles;
use crate::lock::ContextLock;

static LOCKS: Handles<ContextLock> = Handles::new();

/// The lock in `vidLock` of a decoder's parameters; NULL is none.
pub fn of_decoder(handle: *mut c_void) -> Result<Option<Arc<ContextLock>>> {
    if handle.is_null() {
        Ok(None)
    } else {
        LOCKS.get(handle).map(Some)
    }
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCtxLockCreate(lock: *mut *mut c_void, context: *mut c_void) -> Code {
    call("cuvidCtxLockCreate", || {
        // SAFETY: I13: handed on.
        let lock = unsafe { place(lock) }?;
        if context.is_null() {
            return Err(code::INVALID_CONTEXT);
        }
        *lock = LOCKS.insert(ContextLock::new(Handle(context)));
        Ok(())
    })
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCtxLockDestroy(lock: *mut c_void) -> Code {
    call("cuvidCtxLockDestroy", || LOCKS.remove(lock).map(drop))
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCtxLock(lock: *mut c_void, _reserved: c_uint) -> Code {
    call("cuvidCtxLock", || LOCKS.get(lock)?.lock())
}

/// # Safety
/// As the header says (I13).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuvidCtxUnlock(lock: *mut c_void, _reserved: c_uint) -> Code {
    call("cuvidCtxUnlock", || LOCKS.get(lock)?.unlock())
}
