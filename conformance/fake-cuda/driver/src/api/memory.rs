//! Memory of the GPU, and host memory that streams reach.

use std::ffi::{c_int, c_uint, c_ulonglong, c_void};
use std::ptr;

use super::{call, give};
use crate::abi::*;
use crate::books::Kind;
use crate::context;
use crate::device;
use crate::memory::{self, Block, block_of};
use crate::world::{Answer, world};

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAlloc_v2(dptr: *mut CUdeviceptr, bytesize: usize) -> CUresult {
    call("cuMemAlloc_v2", || {
        let context = context::current()?;
        let first = Block::allocate(&context, bytesize as u64)?;
        // SAFETY: the caller's.
        unsafe { give(dptr, first) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAllocPitch_v2(
    dptr: *mut CUdeviceptr,
    pPitch: *mut usize,
    WidthInBytes: usize,
    Height: usize,
    _ElementSizeBytes: c_uint,
) -> CUresult {
    call("cuMemAllocPitch_v2", || {
        let context = context::current()?;
        let pitch = WidthInBytes.next_multiple_of(512);
        let bytes = pitch.checked_mul(Height).ok_or(OUT_OF_MEMORY)?;
        let first = Block::allocate(&context, bytes as u64)?;
        // SAFETY: the caller's.
        unsafe { give(pPitch, pitch) }?;
        // SAFETY: the caller's.
        unsafe { give(dptr, first) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemFree_v2(dptr: CUdeviceptr) -> CUresult {
    call("cuMemFree_v2", || {
        let context = context::current()?;
        memory::free(&context, dptr, Kind::Allocation)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) -> CUresult {
    call("cuMemGetInfo_v2", || {
        context::current()?;
        // SAFETY: the caller's.
        unsafe { give(free, device::MEMORY / 2) }?;
        // SAFETY: the caller's.
        unsafe { give(total, device::MEMORY) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetAddressRange_v2(
    pbase: *mut CUdeviceptr,
    psize: *mut usize,
    dptr: CUdeviceptr,
) -> CUresult {
    call("cuMemGetAddressRange_v2", || {
        context::current()?;
        let block = block_of(&world(), dptr).ok_or(INVALID_VALUE)?;
        if !pbase.is_null() {
            // SAFETY: the caller's.
            unsafe { give(pbase, block.first) }?;
        }
        match psize.is_null() {
            true => Ok(()),
            // SAFETY: the caller's.
            false => unsafe { give(psize, block.bytes as usize) },
        }
    })
}

const DMA_BUF: CUmemRangeHandleType = 1;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemGetHandleForAddressRange(
    handle: *mut c_void,
    dptr: CUdeviceptr,
    size: usize,
    handleType: CUmemRangeHandleType,
    flags: c_ulonglong,
) -> CUresult {
    call("cuMemGetHandleForAddressRange", || {
        context::current()?;
        if handleType != DMA_BUF || flags != 0 {
            return Err(INVALID_VALUE);
        }
        let block = block_of(&world(), dptr).ok_or(INVALID_VALUE)?;
        // SAFETY: the caller's; for this kind it is an `int`.
        unsafe {
            give(
                handle.cast::<c_int>(),
                block.export_range(dptr, size as u64)?,
            )
        }
    })
}

const CONTEXT: CUpointer_attribute = 1;
const MEMORY_TYPE: CUpointer_attribute = 2;
const DEVICE_POINTER: CUpointer_attribute = 3;
const HOST_POINTER: CUpointer_attribute = 4;
const DEVICE_ORDINAL: CUpointer_attribute = 9;

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuPointerGetAttribute(
    data: *mut c_void,
    attribute: CUpointer_attribute,
    ptr: CUdeviceptr,
) -> CUresult {
    call("cuPointerGetAttribute", || {
        // SAFETY: the caller's.
        unsafe { attribute_of(data, attribute, ptr) }
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuPointerGetAttributes(
    numAttributes: c_uint,
    attributes: *mut CUpointer_attribute,
    data: *mut *mut c_void,
    ptr: CUdeviceptr,
) -> CUresult {
    call("cuPointerGetAttributes", || {
        for index in 0..numAttributes as usize {
            // SAFETY: the caller has that many.
            let attribute = unsafe { attributes.add(index) };
            // SAFETY: as above.
            let attribute = unsafe { attribute.read() };
            // SAFETY: the caller has that many.
            let out = unsafe { data.add(index) };
            // SAFETY: as above.
            let out = unsafe { out.read() };
            // SAFETY: the caller's. What is not known is left as it is.
            let _ = unsafe { attribute_of(out, attribute, ptr) };
        }
        Ok(())
    })
}

/// # Safety
/// `out` has room for the attribute.
unsafe fn attribute_of(out: *mut c_void, attribute: CUpointer_attribute, address: u64) -> Answer {
    let block = block_of(&world(), address);
    let registered = memory::resolve(address, 1, false).is_ok();
    if block.is_none() && !registered {
        return Err(INVALID_VALUE);
    }
    match (attribute, block) {
        // SAFETY: the caller's.
        (CONTEXT, Some(block)) => unsafe { give(out.cast(), block.context) },
        // SAFETY: the caller's.
        (MEMORY_TYPE, block) => unsafe { give(out.cast(), if block.is_some() { 2u32 } else { 1 }) },
        // SAFETY: the caller's.
        (DEVICE_POINTER, _) => unsafe { give(out.cast(), address) },
        // SAFETY: the caller's.
        (HOST_POINTER, None) => unsafe { give(out.cast(), address) },
        // SAFETY: the caller's.
        (DEVICE_ORDINAL, block) => unsafe {
            give(out.cast::<c_int>(), block.map_or(0, |block| block.device))
        },
        _ => Err(INVALID_VALUE),
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostRegister_v2(
    p: *mut c_void,
    bytesize: usize,
    _Flags: c_uint,
) -> CUresult {
    call("cuMemHostRegister_v2", || {
        context::current()?;
        if p.is_null() || bytesize == 0 {
            return Err(INVALID_VALUE);
        }
        memory::register(p.addr() as u64, bytesize as u64, false)
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostUnregister(p: *mut c_void) -> CUresult {
    call(
        "cuMemHostUnregister",
        || memory::unregister(p.addr() as u64),
    )
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostGetDevicePointer_v2(
    pdptr: *mut CUdeviceptr,
    p: *mut c_void,
    _Flags: c_uint,
) -> CUresult {
    call("cuMemHostGetDevicePointer_v2", || {
        let address = p.addr() as u64;
        memory::resolve(address, 1, false).map_err(|_| INVALID_VALUE)?;
        // SAFETY: the caller's.
        unsafe { give(pdptr, address) }
    })
}

fn host_alloc(out: *mut *mut c_void, bytes: usize) -> Answer {
    context::current()?;
    let length = bytes.max(1).next_multiple_of(4096);
    let prot = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let first = unsafe { libc::mmap(ptr::null_mut(), length, prot, flags, -1, 0) };
    if first == libc::MAP_FAILED {
        return Err(OUT_OF_MEMORY);
    }
    memory::register(first.addr() as u64, length as u64, true)?;
    // SAFETY: the caller's.
    unsafe { give(out, first) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemHostAlloc(
    pp: *mut *mut c_void,
    bytesize: usize,
    _Flags: c_uint,
) -> CUresult {
    call("cuMemHostAlloc", || host_alloc(pp, bytesize))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemAllocHost_v2(pp: *mut *mut c_void, bytesize: usize) -> CUresult {
    call("cuMemAllocHost_v2", || host_alloc(pp, bytesize))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemFreeHost(p: *mut c_void) -> CUresult {
    call("cuMemFreeHost", || {
        let context = context::current()?;
        crate::stream::drain_all(&context);
        let address = p.addr() as u64;
        let bytes = world()
            .registered
            .get(&address)
            .filter(|it| it.allocated)
            .map(|it| it.bytes);
        let bytes = bytes.ok_or(INVALID_VALUE)?;
        memory::unregister(address)?;
        // SAFETY: mapped once by `host_alloc`, which nobody else unmaps.
        unsafe { libc::munmap(p, bytes as usize) };
        Ok(())
    })
}
