//! Copies between host and GPU, and on the GPU.

use std::ptr;

use super::abi::{CU_MEMORYTYPE_DEVICE, CU_MEMORYTYPE_HOST, CUDA_MEMCPY2D};
use super::context::Context;
use super::error::Result;
use super::stream::StreamRef;

/// Where rows of a copy begin.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In memory of this process.
    Host(*mut u8),
    /// In memory of the GPU.
    Device(u64),
}

/// A copy of rows.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// First byte to be read.
    pub from: Place,
    /// Bytes from one row to the next where they are read.
    pub from_pitch: usize,
    /// First byte to be written.
    pub to: Place,
    /// Bytes from one row to the next where they are written.
    pub to_pitch: usize,
    /// Bytes of a row that are copied.
    pub row_bytes: usize,
    /// Rows.
    pub rows: usize,
}

impl Rows {
    fn as_driver_copy(&self) -> CUDA_MEMCPY2D {
        let (source_kind, source_host, source_device) = split(self.from);
        let (target_kind, target_host, target_device) = split(self.to);
        CUDA_MEMCPY2D {
            srcXInBytes: 0,
            srcY: 0,
            srcMemoryType: source_kind,
            srcHost: source_host.cast(),
            srcDevice: source_device,
            srcArray: ptr::null_mut(),
            srcPitch: self.from_pitch,
            dstXInBytes: 0,
            dstY: 0,
            dstMemoryType: target_kind,
            dstHost: target_host.cast(),
            dstDevice: target_device,
            dstArray: ptr::null_mut(),
            dstPitch: self.to_pitch,
            WidthInBytes: self.row_bytes,
            Height: self.rows,
        }
    }
}

fn split(place: Place) -> (u32, *mut u8, u64) {
    match place {
        Place::Host(first) => (CU_MEMORYTYPE_HOST, first, 0),
        Place::Device(first) => (CU_MEMORYTYPE_DEVICE, ptr::null_mut(), first),
    }
}

impl StreamRef<'_> {
    /// Enqueues a copy of rows.
    ///
    /// # Safety
    /// I16: both places have room for the rows, and stay until the stream has done this.
    pub unsafe fn copy_rows(self, context: &Context, rows: &Rows) -> Result<()> {
        let entered = context.enter()?;
        let copy = rows.as_driver_copy();
        // SAFETY: I15, I16, I17: the stream and `copy` are alive; the places are the caller's.
        unsafe { entered.table.memcpy_2d_async(&copy, self.as_raw()) }
    }

    /// Enqueues filling `bytes` bytes with `value`.
    ///
    /// # Safety
    /// I16: there are so many bytes at `to`, and they stay until the stream has done this.
    pub unsafe fn fill(self, context: &Context, to: u64, value: u8, bytes: usize) -> Result<()> {
        let entered = context.enter()?;
        // SAFETY: I15, I16: the stream is alive; the bytes are the caller's.
        unsafe {
            entered
                .table
                .memset_d8_async(to, value, bytes, self.as_raw())
        }
    }

    /// Reads bytes of the GPU after all work that is enqueued, and waits for them.
    ///
    /// # Safety
    /// I16: there are as many bytes at `from`, and they stay during the call.
    pub unsafe fn read(self, context: &Context, from: u64, to: &mut [u8]) -> Result<()> {
        let entered = context.enter()?;
        let target = to.as_mut_ptr().cast();
        // SAFETY: I15, I16: the stream is alive; `to` stays until the wait below is over.
        unsafe {
            entered
                .table
                .memcpy_dtoh_async(target, from, to.len(), self.as_raw())
        }?;
        self.synchronize(context)
    }

    /// Writes bytes of the GPU after all work that is enqueued, and waits until they are there.
    ///
    /// # Safety
    /// I16: there are as many bytes at `to`, and they stay during the call.
    pub unsafe fn write(self, context: &Context, to: u64, from: &[u8]) -> Result<()> {
        let entered = context.enter()?;
        let source = from.as_ptr().cast();
        // SAFETY: I15, I16: the stream is alive; `from` stays until the wait below is over.
        unsafe {
            entered
                .table
                .memcpy_htod_async(to, source, from.len(), self.as_raw())
        }?;
        self.synchronize(context)
    }
}
