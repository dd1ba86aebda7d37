//! Frames in the memory of a GPU: what a program needs to know of the device, and of the order
//! of work on it.
//!
//! The CUDA driver is looked for when it is first needed, and everything else works without it.

mod kinds;

pub use kinds::{Memory, Sync};

/// stub
pub struct Report;
impl Report {
    /// stub
    pub fn verdict(
        &self,
        _: crate::wire::MemoryKind,
        _: crate::wire::SyncKind,
    ) -> Result<(), String> {
        Ok(())
    }
}
/// stub
pub fn probe_in(_: &Context) -> Report {
    Report
}

pub use crate::sys::cuda::{Context, CudaError, Device, Driver, DriverError, Stream, StreamRef};

pub mod driver {
    //! The part of the CUDA driver that this library uses, found at run time.
    //!
    //! For tests, for checks of a machine with a GPU, and for programs that have no CUDA
    //! library of their own. Work that is enqueued goes on after a call returns: each type says
    //! when it may be dropped.

    pub use crate::sys::cuda::{
        Access, Attribute, DeviceMemory, Entered, Event, IPC_BLOCK, ImportedMemory, Kernel, Module,
        Place, Registered, Rows, VmmMemory, address_range, device_of, granularity, ipc_handle,
    };
}
