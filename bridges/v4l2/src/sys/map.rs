//! A piece of a driver's memory, mapped to be read.

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::slice;

use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::node::Node;

/// A mapping, until it is dropped.
#[derive(Debug)]
pub(super) struct Map {
    first: NonNull<c_void>,
    length: usize,
}

// SAFETY: the mapping belongs to this value and not to a thread.
unsafe impl Send for Map {}

impl Map {
    /// Maps the buffer that the driver keeps under `offset`.
    pub fn new(node: &Node, length: usize, offset: u64) -> Result<Map, Errno> {
        let (protection, flags) = (ProtFlags::READ, MapFlags::SHARED);
        // SAFETY: the kernel chooses the address, so that nothing else is mapped there.
        let first = unsafe { mmap(ptr::null_mut(), length, protection, flags, node, offset) }?;
        let first = NonNull::new(first).ok_or(Errno::NOMEM)?;
        Ok(Map { first, length })
    }

    /// Its bytes.
    ///
    /// # Safety
    /// The driver must not have the buffer, and must not get it while they are borrowed.
    pub unsafe fn bytes(&self) -> &[u8] {
        // SAFETY: V3: `length` bytes are mapped as long as this value lives; the caller sees to it
        // that they do not change.
        unsafe { slice::from_raw_parts(self.first.as_ptr().cast::<u8>(), self.length) }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        // SAFETY: it was mapped by `new`, and whatever borrowed from it is gone.
        let unmapped = unsafe { munmap(self.first.as_ptr(), self.length) };
        debug_assert!(unmapped.is_ok(), "a mapping of ours can be unmapped");
    }
}
