//! The driver's functions: arguments taken apart, answers turned into codes.

mod contexts;
mod copies;
mod devices;
mod events;
mod fills;
mod ipc;
mod kernels;
mod lookup;
mod memory;
mod streams;
mod unsupported;
mod virtual_memory;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::{CUresult, INVALID_VALUE, NOT_INITIALIZED, SUCCESS, UNKNOWN};
use crate::faults;
use crate::machine::machine;
use crate::world::{Answer, world};

/// Makes a call: counted, logged, failing on demand, and never unwinding.
fn call(name: &'static str, body: impl FnOnce() -> Answer) -> CUresult {
    let started = faults::now_ns();
    let guarded = || {
        machine().ok_or(NOT_INITIALIZED)?;
        faults::before(name)?;
        if !world().started
            && !matches!(
                name,
                "cuInit" | "cuDriverGetVersion" | "cuGetErrorName" | "cuGetErrorString"
            )
        {
            return Err(NOT_INITIALIZED);
        }
        body()
    };
    let answer = catch_unwind(AssertUnwindSafe(guarded));
    let code = match answer {
        Ok(Ok(())) => SUCCESS,
        Ok(Err(code)) => code,
        Err(_) => UNKNOWN,
    };
    faults::after(name, code, started);
    code
}

/// Writes an answer to where the caller wants it.
///
/// # Safety
/// `out` is NULL or points to a `T`.
unsafe fn give<T>(out: *mut T, value: T) -> Answer {
    if out.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: passed on.
    unsafe { out.write(value) };
    Ok(())
}
