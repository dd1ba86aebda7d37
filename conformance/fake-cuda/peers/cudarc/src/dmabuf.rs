//! Memory of the GPU as a descriptor that is no CUDA handle.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use cudarc::driver::{CudaContext, DevicePtr, DriverError, sys};

use crate::Result;
use crate::check::{Checks, pattern};
use crate::memory::{filled, owned};

const PAGE: usize = 4096;
const BYTES: usize = 5 * PAGE;

/// What a stream has written is read through the descriptor; ranges that have none are refused.
pub fn dmabuf(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    let able = sys::CUdevice_attribute::CU_DEVICE_ATTRIBUTE_DMA_BUF_SUPPORTED;
    checks.equal("the device exports dma-buf", context.attribute(able)?, 1)?;
    let stream = context.new_stream()?;
    let wanted = pattern(1, BYTES);
    let memory = stream.clone_htod(&wanted)?;
    let (address, _recorded) = memory.device_ptr(&stream);
    stream.synchronize()?;

    let file = File::from(export(address, BYTES)?);
    let mut found = vec![0; BYTES];
    file.read_exact_at(&mut found, 0)?;
    checks.bytes("through the descriptor", &found, &wanted)?;
    let part = File::from(export(address, 2 * PAGE)?);
    part.read_exact_at(&mut found[..2 * PAGE], 0)?;
    checks.bytes("a part from the beginning", &found, &wanted)?;

    let (unsupported, invalid) = (
        sys::CUresult::CUDA_ERROR_NOT_SUPPORTED,
        sys::CUresult::CUDA_ERROR_INVALID_VALUE,
    );
    let refused = [
        ("from the middle", address + PAGE as u64, PAGE, unsupported),
        ("from inside a page", address + 1, PAGE, invalid),
        ("a part of a page", address, PAGE + 1, invalid),
        ("beyond the end", address, 64 * BYTES, invalid),
        ("nothing", address, 0, invalid),
        ("no memory of the GPU", PAGE as u64, PAGE, invalid),
    ];
    for (what, address, bytes, code) in refused {
        let error = export(address, bytes).err().map(|error| error.0);
        checks.equal(what, error, Some(code))?;
    }
    Ok(())
}

/// A descriptor of a range of the current context's memory.
fn export(address: u64, bytes: usize) -> std::result::Result<OwnedFd, DriverError> {
    let kind = sys::CUmemRangeHandleType::CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD;
    // SAFETY: I15: it only fills a descriptor; a range that is none is an error.
    let export = |fd: *mut i32| unsafe {
        sys::cuMemGetHandleForAddressRange(fd.cast(), address, bytes, kind, 0)
    };
    filled(export).map(owned)
}
