//! Modules and kernels.

use std::ffi::{CStr, c_char, c_uint, c_void};
use std::ptr;

use super::{call, give};
use crate::abi::*;
use crate::books::Kind;
use crate::context;
use crate::kernel::{self, Launch};
use crate::stream;
use crate::world::{Answer, fresh, gone, made, world};

/// # Safety
/// `image` is NULL or a string.
unsafe fn load(out: *mut CUmodule, image: *const c_void) -> Answer {
    context::current()?;
    if image.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: passed on.
    let text = unsafe { CStr::from_ptr(image.cast()) };
    let entries = kernel::entries(text.to_str().map_err(|_| INVALID_PTX)?)?;
    let id = fresh();
    world().modules.insert(id, entries);
    made(Kind::Module);
    // SAFETY: the caller's.
    unsafe { give(out, ptr::without_provenance_mut(id as usize)) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleLoadData(module: *mut CUmodule, image: *const c_void) -> CUresult {
    // SAFETY: the caller's.
    call("cuModuleLoadData", || unsafe { load(module, image) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleLoadDataEx(
    module: *mut CUmodule,
    image: *const c_void,
    _numOptions: c_uint,
    _options: *mut CUjit_option,
    _optionValues: *mut *mut c_void,
) -> CUresult {
    // SAFETY: the caller's.
    call("cuModuleLoadDataEx", || unsafe { load(module, image) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleUnload(hmod: CUmodule) -> CUresult {
    call("cuModuleUnload", || {
        world()
            .modules
            .remove(&(hmod.addr() as u64))
            .ok_or(INVALID_HANDLE)?;
        gone(Kind::Module);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuModuleGetFunction(
    hfunc: *mut CUfunction,
    hmod: CUmodule,
    name: *const c_char,
) -> CUresult {
    call("cuModuleGetFunction", || {
        if name.is_null() {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller's string.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy();
        let mut world = world();
        let entries = world
            .modules
            .get(&(hmod.addr() as u64))
            .ok_or(INVALID_HANDLE)?;
        if !entries.iter().any(|entry| *entry == name) {
            return Err(NOT_FOUND);
        }
        let kernel = kernel::find(&name)?;
        let id = fresh();
        world.functions.insert(id, kernel);
        drop(world);
        // SAFETY: the caller's.
        unsafe { give(hfunc, ptr::without_provenance_mut(id as usize)) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuLaunchKernel(
    f: CUfunction,
    _gridDimX: c_uint,
    _gridDimY: c_uint,
    _gridDimZ: c_uint,
    _blockDimX: c_uint,
    _blockDimY: c_uint,
    _blockDimZ: c_uint,
    _sharedMemBytes: c_uint,
    hStream: CUstream,
    kernelParams: *mut *mut c_void,
    extra: *mut *mut c_void,
) -> CUresult {
    call("cuLaunchKernel", || {
        let kernel = world().functions.get(&(f.addr() as u64)).copied();
        let kernel = kernel.ok_or(INVALID_HANDLE)?;
        if !extra.is_null() {
            return Err(NOT_SUPPORTED);
        }
        // SAFETY: the caller's, of the types that this kernel has.
        let launch = unsafe { Launch::new(kernel, kernelParams) }?;
        stream::enqueue(hStream.addr() as u64, false, move |_| launch.run()).map(|_| ())
    })
}
