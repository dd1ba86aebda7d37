//! What can be asked for: where frames live, and what tells that they are complete.

use std::fmt;

/// Where the frames of a publisher live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// In host memory.
    #[default]
    Host,
    /// On a GPU in the best way that works here, else in host memory; which, and why, is logged.
    Auto,
    /// On a GPU, shared by CUDA IPC handles.
    CudaIpc,
    /// On a GPU, shared by descriptors.
    CudaVmm,
}

/// What tells subscribers that a frame on a GPU is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// The best that works here; which, and why, is logged.
    #[default]
    Auto,
    /// They see it only when it is: a thread of the publisher waits for the GPU.
    Cpu,
    /// Interprocess events, for which both need the same /dev/shm.
    Event,
    /// Words in shared memory that streams write and wait for.
    Timeline,
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Memory::Host => "host",
            Memory::Auto => "auto",
            Memory::CudaIpc => "cuda_ipc",
            Memory::CudaVmm => "cuda_vmm",
        })
    }
}

impl fmt::Display for Sync {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Sync::Auto => "auto",
            Sync::Cpu => "cpu",
            Sync::Event => "event",
            Sync::Timeline => "timeline",
        })
    }
}
