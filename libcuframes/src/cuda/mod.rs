//! Frames in the memory of a GPU: what a program needs to know of the device, and of the order
//! of work on it.
//!
//! The CUDA driver is looked for when it is first needed, and everything else works without it.

mod kinds;
mod probe;

pub use kinds::{Memory, Sync};

pub use probe::{
    DeviceFacts, DriverFacts, Machine, Outcome, Pair, Reason, Report, probe, probe_device,
};

/// All that the program cuframes-ipc-probe does.
#[doc(hidden)]
pub use probe::answer_on_stdout;

pub(crate) use probe::Probe;

/// The trials in a context of the caller's; each is made when it is asked for.
pub(crate) fn probe_in(context: &Context) -> Probe {
    Probe::new(context)
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
