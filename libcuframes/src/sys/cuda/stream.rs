//! Streams: orders of work that the GPU does later.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::ptr;

use super::abi::{CU_STREAM_NON_BLOCKING, CU_STREAM_WAIT_VALUE_GEQ, CU_STREAM_WRITE_VALUE_DEFAULT};
use super::context::{Context, Handle};
use super::error::{CudaError, Result};

/// A stream of somebody's, borrowed for `'a`. Work is enqueued through it and done later.
#[derive(Clone, Copy, Debug)]
pub struct StreamRef<'a> {
    raw: Handle,
    owner: PhantomData<&'a ()>,
}

impl StreamRef<'static> {
    /// The default stream of the context in which it is used.
    #[must_use]
    pub const fn default_stream() -> Self {
        StreamRef {
            raw: Handle(ptr::null_mut()),
            owner: PhantomData,
        }
    }
}

impl<'a> StreamRef<'a> {
    /// A stream by the driver's handle, a `CUstream`; NULL is the default stream.
    ///
    /// # Safety
    /// The stream must stay alive for `'a`, and belong to the context in which it is used.
    #[must_use]
    pub const unsafe fn from_raw(raw: *mut c_void) -> Self {
        StreamRef {
            raw: Handle(raw),
            owner: PhantomData,
        }
    }

    /// The driver's handle, a `CUstream`.
    #[must_use]
    pub fn as_raw(self) -> *mut c_void {
        self.raw.0
    }

    /// Writes `value` to `address` when all work before it is done. Writes before it, of the
    /// same stream, are visible to whoever sees the value.
    ///
    /// # Safety
    /// I16: `address` is that of an aligned word in memory of the GPU, or registered for it,
    /// which stays so until the stream has done this.
    #[inline]
    pub unsafe fn write_value_64(self, context: &Context, address: u64, value: u64) -> Result<()> {
        let entered = context.enter()?;
        let flags = CU_STREAM_WRITE_VALUE_DEFAULT;
        // SAFETY: I15, I16: the stream is alive; the word is the caller's to vouch for.
        unsafe {
            entered
                .table
                .stream_write_value(self.raw.0, address, value, flags)
        }
    }

    /// Lets what is enqueued from now on wait until the word at `address` has reached `value`:
    /// until `(i64)(word - value) >= 0`. The host does not wait.
    ///
    /// # Safety
    /// I16: as for [`write_value_64`](StreamRef::write_value_64).
    #[inline]
    pub unsafe fn wait_value_64_geq(
        self,
        context: &Context,
        address: u64,
        value: u64,
    ) -> Result<()> {
        let entered = context.enter()?;
        let flags = CU_STREAM_WAIT_VALUE_GEQ;
        // SAFETY: I15, I16: the stream is alive; the word is the caller's to vouch for.
        unsafe {
            entered
                .table
                .stream_wait_value(self.raw.0, address, value, flags)
        }
    }

    /// Whether all work that was enqueued is done.
    pub fn query(self, context: &Context) -> Result<bool> {
        let entered = context.enter()?;
        // SAFETY: I15: the stream is alive for `'a`.
        done(unsafe { entered.table.stream_query(self.raw.0) })
    }

    /// Waits, on the host, until all work that was enqueued is done.
    pub fn synchronize(self, context: &Context) -> Result<()> {
        let entered = context.enter()?;
        // SAFETY: I15: the stream is alive for `'a`.
        unsafe { entered.table.stream_synchronize(self.raw.0) }
    }
}

/// Not ready is an answer, and no error.
pub(super) fn done(answer: Result<()>) -> Result<bool> {
    match answer {
        Ok(()) => Ok(true),
        Err(CudaError::Failed { code, .. }) if code == super::abi::CUDA_ERROR_NOT_READY => {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// A stream of our own, which does not wait for the default stream. When it is dropped, what
/// is enqueued is still done.
#[derive(Debug)]
pub struct Stream {
    context: Context,
    raw: Handle,
}

impl Stream {
    /// A new stream in `context`.
    pub fn new(context: &Context) -> Result<Stream> {
        let entered = context.enter()?;
        let mut raw = ptr::null_mut();
        // SAFETY: I17: `raw` is a live pointer.
        unsafe {
            entered
                .table
                .stream_create(&mut raw, CU_STREAM_NON_BLOCKING)
        }?;
        Ok(Stream {
            context: context.clone(),
            raw: Handle(raw),
        })
    }

    /// The stream, for enqueuing work.
    #[must_use]
    pub fn as_ref(&self) -> StreamRef<'_> {
        StreamRef {
            raw: self.raw,
            owner: PhantomData,
        }
    }

    /// The context in which it was made.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15: made once by `new`, destroyed once here. A driver that refuses has
            // lost the context, and the stream with it.
            let _ = unsafe { entered.table.stream_destroy(self.raw.0) };
        }
    }
}
