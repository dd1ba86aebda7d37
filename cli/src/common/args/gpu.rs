//! Arguments about GPUs.

use clap::ValueEnum;
use cuframes::cuda::{Memory, Sync};

/// Where frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum MemoryName {
    /// On a GPU in the best way that works here, else in host memory.
    Auto,
    /// In host memory.
    Host,
    /// On a GPU, shared by handles.
    CudaIpc,
    /// On a GPU, shared by descriptors.
    CudaVmm,
}

/// What tells that a frame on a GPU is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum SyncName {
    /// The best that works here; event only when it is asked for.
    Auto,
    /// Frames are published only when they are.
    Cpu,
    /// Interprocess events.
    Event,
    /// Words in shared memory that streams write and wait for.
    Timeline,
}

impl From<MemoryName> for Memory {
    fn from(name: MemoryName) -> Memory {
        match name {
            MemoryName::Auto => Memory::Auto,
            MemoryName::Host => Memory::Host,
            MemoryName::CudaIpc => Memory::CudaIpc,
            MemoryName::CudaVmm => Memory::CudaVmm,
        }
    }
}

impl From<SyncName> for Sync {
    fn from(name: SyncName) -> Sync {
        match name {
            SyncName::Auto => Sync::Auto,
            SyncName::Cpu => Sync::Cpu,
            SyncName::Event => Sync::Event,
            SyncName::Timeline => Sync::Timeline,
        }
    }
}
