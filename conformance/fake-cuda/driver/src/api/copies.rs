//! Copies.

use std::ffi::c_void;

use super::call;
use crate::abi::*;
use crate::copy::Copy2D;

fn id(stream: CUstream) -> u64 {
    stream.addr() as u64
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpy2D_v2(pCopy: *const CUDA_MEMCPY2D) -> CUresult {
    // SAFETY: the caller's.
    call("cuMemcpy2D_v2", || unsafe { Copy2D::read(pCopy) }?.wait())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpy2DUnaligned_v2(pCopy: *const CUDA_MEMCPY2D) -> CUresult {
    call("cuMemcpy2DUnaligned_v2", || {
        // SAFETY: the caller's.
        unsafe { Copy2D::read(pCopy) }?.wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpy2DAsync_v2(
    pCopy: *const CUDA_MEMCPY2D,
    hStream: CUstream,
) -> CUresult {
    call("cuMemcpy2DAsync_v2", || {
        // SAFETY: the caller's.
        unsafe { Copy2D::read(pCopy) }?
            .give(id(hStream))
            .map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpy(
    dst: CUdeviceptr,
    src: CUdeviceptr,
    ByteCount: usize,
) -> CUresult {
    call("cuMemcpy", || Copy2D::linear(src, dst, ByteCount)?.wait())
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyAsync(
    dst: CUdeviceptr,
    src: CUdeviceptr,
    ByteCount: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemcpyAsync", || {
        Copy2D::linear(src, dst, ByteCount)?
            .give(id(hStream))
            .map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyHtoD_v2(
    dstDevice: CUdeviceptr,
    srcHost: *const c_void,
    ByteCount: usize,
) -> CUresult {
    call("cuMemcpyHtoD_v2", || {
        Copy2D::linear(srcHost.expose_provenance() as u64, dstDevice, ByteCount)?.wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyHtoDAsync_v2(
    dstDevice: CUdeviceptr,
    srcHost: *const c_void,
    ByteCount: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemcpyHtoDAsync_v2", || {
        let source = srcHost.expose_provenance() as u64;
        Copy2D::linear(source, dstDevice, ByteCount)?
            .give(id(hStream))
            .map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoH_v2(
    dstHost: *mut c_void,
    srcDevice: CUdeviceptr,
    ByteCount: usize,
) -> CUresult {
    call("cuMemcpyDtoH_v2", || {
        Copy2D::linear(srcDevice, dstHost.expose_provenance() as u64, ByteCount)?.wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoHAsync_v2(
    dstHost: *mut c_void,
    srcDevice: CUdeviceptr,
    ByteCount: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemcpyDtoHAsync_v2", || {
        let target = dstHost.expose_provenance() as u64;
        Copy2D::linear(srcDevice, target, ByteCount)?
            .give(id(hStream))
            .map(|_| ())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoD_v2(
    dstDevice: CUdeviceptr,
    srcDevice: CUdeviceptr,
    ByteCount: usize,
) -> CUresult {
    call("cuMemcpyDtoD_v2", || {
        Copy2D::linear(srcDevice, dstDevice, ByteCount)?.wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemcpyDtoDAsync_v2(
    dstDevice: CUdeviceptr,
    srcDevice: CUdeviceptr,
    ByteCount: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemcpyDtoDAsync_v2", || {
        Copy2D::linear(srcDevice, dstDevice, ByteCount)?
            .give(id(hStream))
            .map(|_| ())
    })
}
