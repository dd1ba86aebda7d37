//! Buffers of the caller's on a GPU, lent as they are: one for each slot.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::sys::cuda::{Context, CudaError, address_range, ipc_handle};

use super::exported::{self, Exported, Handle};

/// Buffers that the caller made, one for each slot of a ring.
#[derive(Clone, Debug)]
pub struct ExternalBuffers {
    first: Arc<[u64]>,
}

impl ExternalBuffers {
    /// Buffers that begin at these device pointers, each with room for the frame of
    /// [`FrameLayout::new`].
    ///
    /// # Safety
    /// They were allocated by `cuMemAlloc` in the context that the publisher is given, nobody
    /// writes to one but by a frame that was acquired, and they stay until the publisher and all
    /// who subscribed to it are gone. Whoever subscribes can reach all of the allocation that a
    /// buffer is in.
    #[must_use]
    pub unsafe fn new(first: &[u64]) -> Self {
        ExternalBuffers {
            first: first.into(),
        }
    }

    /// Number of buffers.
    #[must_use]
    pub fn count(&self) -> usize {
        self.first.len()
    }
}

/// One buffer, and how others reach it.
#[derive(Debug)]
pub(super) struct Buffer {
    /// Device pointer to its first byte.
    pub first: u64,
    /// From the first byte of the allocation that it is in.
    pub offset: u64,
    /// What that is opened by.
    pub handle: Handle,
    _exported: Arc<Exported>,
}

/// Asks the driver where each buffer is.
pub(super) fn look_at(
    context: &Context,
    buffers: &ExternalBuffers,
    layout: &FrameLayout,
) -> Result<Vec<Buffer>> {
    let look = |&first: &u64| look_at_one(context, first, layout);
    buffers.first.iter().map(look).collect()
}

fn look_at_one(context: &Context, first: u64, layout: &FrameLayout) -> Result<Buffer> {
    let asked = |error: CudaError| {
        Error::cuda(format!(
            "share the caller's buffer at {first:#x} by CUDA IPC"
        ))(error)
    };
    let (base, bytes) = address_range(context, first).map_err(asked)?;
    let offset = first - base;
    if offset + layout.frame_size > bytes as u64 {
        return Err(Error::InvalidArgument(format!(
            "the buffer at {first:#x} has room for {} bytes, and a frame has {}",
            bytes as u64 - offset,
            layout.frame_size
        )));
    }
    let handle = ipc_handle(context, first).map_err(asked)?;
    let exported = exported::remember(handle, Exported::of_caller(base, bytes as u64));
    Ok(Buffer {
        first,
        offset,
        handle,
        _exported: exported,
    })
}
