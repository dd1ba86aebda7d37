//! The only door to the CUDA driver.
//!
//! It is found when it is first asked for, by `dlopen`, and each function by its name; without
//! it everything else works, and what a driver lacks is named when it is needed. Nothing here
//! panics over a driver, and nothing trusts one: codes are plain numbers, sizes are asked for.
//!
//! Whatever needs a context makes it current and restores the caller's. No value here may be
//! used in a forked child: it gets [`CudaError::Forked`], and dropping it there does nothing.
//! Work goes on after a call returns, so what it works on must outlive it (I16): each type says
//! when it may be dropped.

mod abi;
mod context;
mod copy;
#[cfg(feature = "cudarc")]
mod cudarc;
mod device;
mod driver;
mod error;
mod event;
mod kernel;
mod memory;
mod registered;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod trial;
mod vmm;

pub use context::{Context, Entered};
pub use copy::{Place, Rows};
pub use device::{Attribute, Device};
pub use driver::Driver;
pub use error::{CudaError, DriverError};
pub use event::Event;
pub use kernel::{Kernel, Module};
pub use memory::{DeviceMemory, IPC_BLOCK, ImportedMemory, address_range, device_of, ipc_handle};
pub use registered::Registered;
pub use stream::{Stream, StreamRef};
pub use trial::words_are_seen;
pub use vmm::{Access, VmmMemory, granularity};
