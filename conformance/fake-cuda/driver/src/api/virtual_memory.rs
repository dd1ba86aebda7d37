//! Virtual memory management.

use std::ffi::{c_int, c_uint, c_ulonglong, c_void};

use super::{call, give};
use crate::abi::*;
use crate::device;
use crate::vmm;
use crate::world::Answer;

const DESCRIPTOR: CUmemAllocationHandleType = 1;
const READ: c_uint = 1;
const READ_WRITE: c_uint = 3;

/// # Safety
/// `prop` is NULL or points to a description as the header has it.
unsafe fn device_of(prop: *const CUmemAllocationProp) -> Answer<i32> {
    if prop.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: passed on.
    let prop = unsafe { prop.read() };
    let known = prop.r#type == 1 && prop.location.r#type == 1;
    match known && (0..device::count()).contains(&prop.location.id) {
        true => Ok(prop.location.id),
        false => Err(INVALID_VALUE),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetAllocationGranularity(
    granularity: *mut usize,
    prop: *const CUmemAllocationProp,
    _option: CUmemAllocationGranularity_flags,
) -> CUresult {
    call("cuMemGetAllocationGranularity", || {
        // SAFETY: the caller's.
        unsafe { device_of(prop) }?;
        // SAFETY: the caller's.
        unsafe { give(granularity, vmm::GRANULARITY as usize) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemCreate(
    handle: *mut CUmemGenericAllocationHandle,
    size: usize,
    prop: *const CUmemAllocationProp,
    _flags: c_ulonglong,
) -> CUresult {
    call("cuMemCreate", || {
        // SAFETY: the caller's.
        let device = unsafe { device_of(prop) }?;
        // SAFETY: the caller's.
        unsafe { give(handle, vmm::create(size as u64, device)?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemRelease(handle: CUmemGenericAllocationHandle) -> CUresult {
    call("cuMemRelease", || vmm::release(handle))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemExportToShareableHandle(
    shareableHandle: *mut c_void,
    handle: CUmemGenericAllocationHandle,
    handleType: CUmemAllocationHandleType,
    _flags: c_ulonglong,
) -> CUresult {
    call("cuMemExportToShareableHandle", || {
        if handleType != DESCRIPTOR {
            return Err(NOT_SUPPORTED);
        }
        // SAFETY: the caller's; for this kind it is an `int`.
        unsafe { give(shareableHandle.cast::<c_int>(), vmm::export(handle)?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemImportFromShareableHandle(
    handle: *mut CUmemGenericAllocationHandle,
    osHandle: *mut c_void,
    shHandleType: CUmemAllocationHandleType,
) -> CUresult {
    call("cuMemImportFromShareableHandle", || {
        if shHandleType != DESCRIPTOR {
            return Err(NOT_SUPPORTED);
        }
        let context = crate::context::current().map(|context| context.device);
        let fd = i32::try_from(osHandle.addr()).map_err(|_| INVALID_VALUE)?;
        // SAFETY: the caller's.
        unsafe { give(handle, vmm::import(fd, context.unwrap_or(0))?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAddressReserve(
    ptr: *mut CUdeviceptr,
    size: usize,
    _alignment: usize,
    _addr: CUdeviceptr,
    _flags: c_ulonglong,
) -> CUresult {
    call("cuMemAddressReserve", || {
        // SAFETY: the caller's.
        unsafe { give(ptr, vmm::reserve(size as u64)?) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAddressFree(ptr: CUdeviceptr, size: usize) -> CUresult {
    call("cuMemAddressFree", || vmm::unreserve(ptr, size as u64))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemMap(
    ptr: CUdeviceptr,
    size: usize,
    offset: usize,
    handle: CUmemGenericAllocationHandle,
    _flags: c_ulonglong,
) -> CUresult {
    call("cuMemMap", || match offset {
        0 => vmm::map(ptr, size as u64, handle),
        _ => Err(NOT_SUPPORTED),
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemUnmap(ptr: CUdeviceptr, size: usize) -> CUresult {
    call("cuMemUnmap", || vmm::unmap(ptr, size as u64))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemSetAccess(
    ptr: CUdeviceptr,
    size: usize,
    desc: *const CUmemAccessDesc,
    count: usize,
) -> CUresult {
    call("cuMemSetAccess", || {
        if desc.is_null() || count != 1 {
            return Err(INVALID_VALUE);
        }
        // SAFETY: the caller's.
        match unsafe { desc.read() }.flags {
            READ => vmm::set_access(ptr, size as u64, false),
            READ_WRITE => vmm::set_access(ptr, size as u64, true),
            _ => Err(INVALID_VALUE),
        }
    })
}
