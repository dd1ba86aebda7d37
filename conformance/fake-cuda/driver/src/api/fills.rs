//! Fills.

use super::call;
use crate::abi::*;
use crate::fill::Fill;

fn id(stream: CUstream) -> u64 {
    stream.addr() as u64
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD8_v2(dstDevice: CUdeviceptr, uc: u8, N: usize) -> CUresult {
    call("cuMemsetD8_v2", || {
        Fill::linear(dstDevice, uc.into(), 1, N).wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD8Async(
    dstDevice: CUdeviceptr,
    uc: u8,
    N: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemsetD8Async", || {
        Fill::linear(dstDevice, uc.into(), 1, N).give(id(hStream))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD32_v2(dstDevice: CUdeviceptr, ui: u32, N: usize) -> CUresult {
    call("cuMemsetD32_v2", || {
        Fill::linear(dstDevice, ui, 4, N).wait()
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD32Async(
    dstDevice: CUdeviceptr,
    ui: u32,
    N: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemsetD32Async", || {
        Fill::linear(dstDevice, ui, 4, N).give(id(hStream))
    })
}

fn rows(address: u64, pitch: usize, value: u32, size: usize, width: usize, height: usize) -> Fill {
    Fill {
        address,
        pitch,
        value,
        size,
        width,
        height,
    }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD2D8Async(
    dstDevice: CUdeviceptr,
    dstPitch: usize,
    uc: u8,
    Width: usize,
    Height: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemsetD2D8Async", || {
        rows(dstDevice, dstPitch, uc.into(), 1, Width, Height).give(id(hStream))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD2D16Async(
    dstDevice: CUdeviceptr,
    dstPitch: usize,
    us: u16,
    Width: usize,
    Height: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemsetD2D16Async", || {
        rows(dstDevice, dstPitch, us.into(), 2, Width, Height).give(id(hStream))
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn cuMemsetD2D32Async(
    dstDevice: CUdeviceptr,
    dstPitch: usize,
    ui: u32,
    Width: usize,
    Height: usize,
    hStream: CUstream,
) -> CUresult {
    call("cuMemsetD2D32Async", || {
        rows(dstDevice, dstPitch, ui, 4, Width, Height).give(id(hStream))
    })
}
