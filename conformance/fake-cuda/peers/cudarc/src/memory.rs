//! A little more safety for the calls that cudarc has as bare functions only.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use cudarc::driver::sys;
use cudarc::driver::{CudaStream, DriverError, result};

/// Runs a call that fills one value.
pub fn filled<T>(
    call: impl FnOnce(*mut T) -> sys::CUresult,
) -> std::result::Result<T, DriverError> {
    let mut value = MaybeUninit::uninit();
    call(value.as_mut_ptr()).result()?;
    // SAFETY: I17: the call succeeded, so it has filled its out-parameter.
    Ok(unsafe { value.assume_init() })
}

/// Reads device memory behind everything that is on the stream.
pub fn read(
    stream: &CudaStream,
    from: sys::CUdeviceptr,
    bytes: usize,
) -> std::result::Result<Vec<u8>, DriverError> {
    let mut to = vec![0; bytes];
    // SAFETY: I16: the stream is waited for below, while `to` is alive.
    unsafe { result::memcpy_dtoh_async(&mut to, from, stream.cu_stream()) }?;
    stream.synchronize()?;
    Ok(to)
}

/// Writes device memory behind everything that is on the stream, and returns before it is done.
pub fn write(
    stream: &CudaStream,
    to: sys::CUdeviceptr,
    from: &'static [u8],
) -> std::result::Result<(), DriverError> {
    // SAFETY: I16: the bytes live for ever, the memory until the stream was waited for.
    unsafe { result::memcpy_htod_async(to, from, stream.cu_stream()) }
}

/// Host memory that the GPU reaches while the host does something else.
pub struct Pinned {
    first: *mut u8,
    bytes: usize,
}

impl Pinned {
    /// Page-locked memory with a copy of `bytes`. A context must be current.
    pub fn new(bytes: &[u8]) -> std::result::Result<Self, DriverError> {
        // SAFETY: I15: of the context that is current.
        let first = unsafe { result::malloc_host(bytes.len(), 0) }?.cast();
        // SAFETY: both are as long as `bytes`, and not the same.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), first, bytes.len()) };
        Ok(Self {
            first,
            bytes: bytes.len(),
        })
    }

    /// What is in it. The streams that write it must have been waited for.
    pub fn contents(&self) -> &[u8] {
        // SAFETY: I16: as the caller says, nobody writes it.
        unsafe { std::slice::from_raw_parts(self.first, self.bytes) }
    }

    /// Copies it to the device, later.
    pub fn upload(
        &self,
        stream: &CudaStream,
        to: sys::CUdeviceptr,
    ) -> std::result::Result<(), DriverError> {
        // SAFETY: I16: both are freed only after the stream was waited for.
        let copied = unsafe {
            sys::cuMemcpyHtoDAsync_v2(to, self.first.cast(), self.bytes, stream.cu_stream())
        };
        copied.result()
    }

    /// Copies from the device into it, later.
    pub fn download(
        &mut self,
        stream: &CudaStream,
        from: sys::CUdeviceptr,
    ) -> std::result::Result<(), DriverError> {
        // SAFETY: I16: as above.
        let copied = unsafe {
            sys::cuMemcpyDtoHAsync_v2(self.first.cast(), from, self.bytes, stream.cu_stream())
        };
        copied.result()
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // SAFETY: I16: its streams were waited for. In a lost context it is gone already.
        let _ = unsafe { result::free_host(self.first.cast()) };
    }
}

/// Bytes that live for ever.
pub fn forever(bytes: Vec<u8>) -> &'static [u8] {
    bytes.leak()
}

/// Lets the stream write a word when its turn has come.
pub fn write_value(
    stream: &CudaStream,
    word: sys::CUdeviceptr,
    value: u64,
) -> std::result::Result<(), DriverError> {
    // SAFETY: I16: the word lives until the stream was waited for.
    unsafe { sys::cuStreamWriteValue64_v2(stream.cu_stream(), word, value, 0) }.result()
}

/// Holds the stream up until the word is `value` or further.
pub fn wait_value(
    stream: &CudaStream,
    word: sys::CUdeviceptr,
    value: u64,
) -> std::result::Result<(), DriverError> {
    // SAFETY: I16: as above.
    unsafe { sys::cuStreamWaitValue64_v2(stream.cu_stream(), word, value, 0) }.result()
}

/// A descriptor that the driver gave away.
pub fn owned(descriptor: c_int) -> OwnedFd {
    let descriptor: RawFd = descriptor;
    // SAFETY: I15: the driver made it for us, and nobody else has it.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
