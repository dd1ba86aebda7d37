//! Shared memory of the host that the GPU reads and writes too.

use std::ffi::c_void;

use super::super::WriteMap;
use super::abi::{CU_MEMHOSTREGISTER_DEVICEMAP, CU_MEMHOSTREGISTER_PORTABLE};
use super::context::Context;
use super::error::Result;

/// A mapping of ours, pinned, and with an address for the GPU.
///
/// It must not be dropped while work on it is enqueued.
#[derive(Debug)]
pub struct Registered {
    context: Context,
    address: u64,
    map: WriteMap,
}

impl Registered {
    /// Registers the whole of `map`, whose length is a number of pages.
    pub fn new(context: &Context, map: WriteMap) -> Result<Registered> {
        let entered = context.enter()?;
        let first: *mut c_void = map.address(0, map.len()).cast();
        let flags = CU_MEMHOSTREGISTER_PORTABLE | CU_MEMHOSTREGISTER_DEVICEMAP;
        // SAFETY: I1, I16: the range is mapped until after it is unregistered.
        unsafe { entered.table.mem_host_register(first, map.len(), flags) }?;
        let mut registered = Registered {
            context: context.clone(),
            address: 0,
            map,
        };
        let address = &mut registered.address;
        // SAFETY: I17: `address` is live; what `first` points to was registered just now.
        unsafe { entered.table.mem_host_get_device_pointer(address, first, 0) }?;
        Ok(registered)
    }

    /// The mapping, for the CPU.
    #[must_use]
    pub fn map(&self) -> &WriteMap {
        &self.map
    }

    /// Address of the first byte, for the GPU.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The context that it is registered in.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            let first: *mut c_void = self.map.address(0, self.map.len()).cast();
            // SAFETY: I15, I16: registered once, unregistered once here, when its owner knows
            // that no work is left; unmapped only after that.
            let _ = unsafe { entered.table.mem_host_unregister(first) };
        }
    }
}
