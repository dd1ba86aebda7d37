//! Types and constants of the driver's ABI, with the names of its header.
//!
//! What is an `enum` there is a plain integer here: a newer driver may answer with a number
//! that this file does not know, and that must not be undefined behaviour.

#![allow(non_camel_case_types, non_snake_case)]

use std::ffi::{c_int, c_uint, c_void};
use std::ptr;

/// What every function of the driver returns.
pub type CUresult = c_int;
/// A device by the driver's number.
pub type CUdevice = c_int;
/// An address in GPU memory, or of host memory as the GPU sees it.
pub type CUdeviceptr = u64;
/// A context, which owns everything else.
pub type CUcontext = *mut c_void;
/// An order of work on the GPU.
pub type CUstream = *mut c_void;
/// A point in such an order.
pub type CUevent = *mut c_void;
/// Loaded kernels.
pub type CUmodule = *mut c_void;
/// One kernel.
pub type CUfunction = *mut c_void;
/// VMM memory that need not be mapped.
pub type CUmemGenericAllocationHandle = u64;
/// A property of a device.
pub type CUdevice_attribute = c_uint;
/// A property of an address.
pub type CUpointer_attribute = c_uint;
/// What a handle for another process is.
pub type CUmemAllocationHandleType = c_uint;
/// What a descriptor of a range of addresses is.
pub type CUmemRangeHandleType = c_uint;
/// Which granularity is asked for.
pub type CUmemAllocationGranularity_flags = c_uint;
/// The header's 64-bit word.
pub type cuuint64_t = u64;

pub const CUDA_SUCCESS: CUresult = 0;
pub const CUDA_ERROR_NOT_READY: CUresult = 600;

pub const CU_STREAM_NON_BLOCKING: c_uint = 1;
pub const CU_EVENT_BLOCKING_SYNC: c_uint = 1;
pub const CU_EVENT_DISABLE_TIMING: c_uint = 2;
pub const CU_EVENT_INTERPROCESS: c_uint = 4;
pub const CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS: c_uint = 1;
pub const CU_STREAM_WAIT_VALUE_GEQ: c_uint = 0;
pub const CU_STREAM_WRITE_VALUE_DEFAULT: c_uint = 0;
pub const CU_MEMHOSTREGISTER_PORTABLE: c_uint = 1;
pub const CU_MEMHOSTREGISTER_DEVICEMAP: c_uint = 2;
pub const CU_MEMORYTYPE_HOST: c_uint = 1;
pub const CU_MEMORYTYPE_DEVICE: c_uint = 2;
pub const CU_MEM_ALLOCATION_TYPE_PINNED: c_uint = 1;
pub const CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR: CUmemAllocationHandleType = 1;
pub const CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD: CUmemRangeHandleType = 1;
pub const CU_MEM_LOCATION_TYPE_DEVICE: c_uint = 1;
pub const CU_MEM_ALLOC_GRANULARITY_MINIMUM: CUmemAllocationGranularity_flags = 0;
pub const CU_MEM_ACCESS_FLAGS_PROT_READ: c_uint = 1;
pub const CU_MEM_ACCESS_FLAGS_PROT_READWRITE: c_uint = 3;
pub const CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL: CUpointer_attribute = 9;

/// Identity of a device, or of a MIG instance.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CUuuid {
    pub bytes: [u8; 16],
}

/// What another process opens memory by.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUipcMemHandle {
    pub reserved: [u8; 64],
}

/// What another process opens an event by.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUipcEventHandle {
    pub reserved: [u8; 64],
}

/// A copy of rows.
#[repr(C)]
pub struct CUDA_MEMCPY2D {
    pub srcXInBytes: usize,
    pub srcY: usize,
    pub srcMemoryType: c_uint,
    pub srcHost: *const c_void,
    pub srcDevice: CUdeviceptr,
    pub srcArray: *mut c_void,
    pub srcPitch: usize,
    pub dstXInBytes: usize,
    pub dstY: usize,
    pub dstMemoryType: c_uint,
    pub dstHost: *mut c_void,
    pub dstDevice: CUdeviceptr,
    pub dstArray: *mut c_void,
    pub dstPitch: usize,
    pub WidthInBytes: usize,
    pub Height: usize,
}

/// A device, as the place of memory.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUmemLocation {
    pub kind: c_uint,
    pub id: c_int,
}

/// What VMM memory is to be made of.
#[repr(C)]
pub struct CUmemAllocationProp {
    pub kind: c_uint,
    pub requestedHandleTypes: CUmemAllocationHandleType,
    pub location: CUmemLocation,
    pub win32HandleMetaData: *mut c_void,
    pub allocFlags: CUmemAllocationFlags,
}

/// What VMM memory is to be good for.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CUmemAllocationFlags {
    pub compressionType: u8,
    pub gpuDirectRDMACapable: u8,
    pub usage: u16,
    pub reserved: [u8; 4],
}

/// Which device may do what with mapped memory.
#[repr(C)]
pub struct CUmemAccessDesc {
    pub location: CUmemLocation,
    pub flags: c_uint,
}

impl CUmemLocation {
    /// The memory of `device`.
    pub fn of(device: CUdevice) -> Self {
        CUmemLocation {
            kind: CU_MEM_LOCATION_TYPE_DEVICE,
            id: device,
        }
    }
}

impl CUmemAllocationProp {
    /// Memory of `device` that can be given to another process as a descriptor.
    pub fn shareable(device: CUdevice) -> Self {
        CUmemAllocationProp {
            kind: CU_MEM_ALLOCATION_TYPE_PINNED,
            requestedHandleTypes: CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
            location: CUmemLocation::of(device),
            win32HandleMetaData: ptr::null_mut(),
            allocFlags: CUmemAllocationFlags::default(),
        }
    }
}

const _: () = {
    assert!(size_of::<CUDA_MEMCPY2D>() == 128);
    assert!(size_of::<CUmemAllocationProp>() == 32);
    assert!(size_of::<CUmemAccessDesc>() == 12);
    assert!(size_of::<CUuuid>() == 16);
    assert!(size_of::<CUipcMemHandle>() == 64);
    assert!(size_of::<CUipcEventHandle>() == 64);
};
