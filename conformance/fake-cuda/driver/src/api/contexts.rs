//! Contexts.

use std::ffi::{c_int, c_uint};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{call, give};
use crate::abi::*;
use crate::context;
use crate::stream;
use crate::world::{Answer, world};

/// Held while the primary context of a device is made, counted or ended.
fn primary() -> MutexGuard<'static, ()> {
    static PRIMARY: Mutex<()> = Mutex::new(());
    PRIMARY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn pointer(id: u64) -> CUcontext {
    ptr::without_provenance_mut(id as usize)
}

fn id(context: CUcontext) -> u64 {
    context.addr() as u64
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxCreate_v2(
    pctx: *mut CUcontext,
    _flags: c_uint,
    dev: CUdevice,
) -> CUresult {
    call("cuCtxCreate_v2", || {
        let id = context::create(dev)?;
        context::push(id)?;
        // SAFETY: the caller's.
        unsafe { give(pctx, pointer(id)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxDestroy_v2(ctx: CUcontext) -> CUresult {
    call("cuCtxDestroy_v2", || {
        context::destroy(id(ctx))?;
        if context::current_id() == id(ctx) {
            context::pop()?;
        }
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxPushCurrent_v2(ctx: CUcontext) -> CUresult {
    call("cuCtxPushCurrent_v2", || context::push(id(ctx)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxPopCurrent_v2(pctx: *mut CUcontext) -> CUresult {
    call("cuCtxPopCurrent_v2", || {
        let popped = context::pop()?;
        match pctx.is_null() {
            true => Ok(()),
            // SAFETY: the caller's.
            false => unsafe { give(pctx, pointer(popped)) },
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxSetCurrent(ctx: CUcontext) -> CUresult {
    call("cuCtxSetCurrent", || context::set(id(ctx)))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetCurrent(pctx: *mut CUcontext) -> CUresult {
    // SAFETY: the caller's.
    call("cuCtxGetCurrent", || unsafe {
        give(pctx, pointer(context::current_id()))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetDevice(device: *mut CUdevice) -> CUresult {
    call("cuCtxGetDevice", || {
        let context = context::find(context::current_id())?;
        // SAFETY: the caller's.
        unsafe { give(device, context.device) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxSynchronize() -> CUresult {
    call("cuCtxSynchronize", || {
        let context = context::current()?;
        stream::drain_all(&context);
        context.check()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxSetLimit(_limit: CUlimit, _value: usize) -> CUresult {
    call("cuCtxSetLimit", || context::current().map(|_| ()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuCtxGetApiVersion(ctx: CUcontext, version: *mut c_uint) -> CUresult {
    call("cuCtxGetApiVersion", || {
        context::find(id(ctx))?;
        // SAFETY: the caller's.
        unsafe { give(version, 3020) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxRetain(pctx: *mut CUcontext, dev: CUdevice) -> CUresult {
    call("cuDevicePrimaryCtxRetain", || {
        let _one_at_a_time = primary();
        let known = world()
            .primary
            .get(&dev)
            .copied()
            .filter(|(_, count)| *count != 0);
        let (id, count) = match known {
            Some(known) => known,
            None => (context::create(dev)?, 0),
        };
        world().primary.insert(dev, (id, count + 1));
        // SAFETY: the caller's.
        unsafe { give(pctx, pointer(id)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxRelease_v2(dev: CUdevice) -> CUresult {
    call("cuDevicePrimaryCtxRelease_v2", || {
        let _one_at_a_time = primary();
        let known = world().primary.get(&dev).copied();
        let (id, count) = known
            .filter(|(_, count)| *count != 0)
            .ok_or(INVALID_CONTEXT)?;
        world().primary.insert(dev, (id, count - 1));
        match count {
            1 => context::destroy(id),
            _ => Ok(()),
        }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxRelease(dev: CUdevice) -> CUresult {
    // SAFETY: a number.
    unsafe { cuDevicePrimaryCtxRelease_v2(dev) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxReset_v2(dev: CUdevice) -> CUresult {
    call("cuDevicePrimaryCtxReset_v2", || reset(dev))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxReset(dev: CUdevice) -> CUresult {
    call("cuDevicePrimaryCtxReset", || reset(dev))
}

/// Ends the primary context, whoever retains it; the next to retain it gets a new one.
fn reset(dev: CUdevice) -> Answer {
    let _one_at_a_time = primary();
    let known = world().primary.remove(&dev);
    match known.filter(|(_, count)| *count != 0) {
        Some((id, _)) => context::destroy(id),
        None => Ok(()),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxGetState(
    dev: CUdevice,
    flags: *mut c_uint,
    active: *mut c_int,
) -> CUresult {
    call("cuDevicePrimaryCtxGetState", || {
        let count = world().primary.get(&dev).map_or(0, |(_, count)| *count);
        // SAFETY: the caller's.
        unsafe { give(flags, 0) }?;
        // SAFETY: the caller's.
        unsafe { give(active, c_int::from(count != 0)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxSetFlags(_dev: CUdevice, _flags: c_uint) -> CUresult {
    call("cuDevicePrimaryCtxSetFlags", || Ok(()))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuDevicePrimaryCtxSetFlags_v2(_dev: CUdevice, _flags: c_uint) -> CUresult {
    call("cuDevicePrimaryCtxSetFlags_v2", || Ok(()))
}
