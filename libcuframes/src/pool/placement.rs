//! Where a publisher keeps its pixels, decided once and told to everybody.

use crate::sys::cuda::Context;
use crate::wire::{MemoryKind, SyncKind};

use super::ExternalBuffers;

/// Host memory, or which memory of which GPU.
#[derive(Clone, Debug)]
pub enum Placement {
    /// A sealed memfd.
    Host,
    /// Memory of a GPU.
    Cuda(CudaPlacement),
}

/// Memory of a GPU.
#[derive(Clone, Debug)]
pub struct CudaPlacement {
    /// The context whose streams write the frames.
    pub context: Context,
    /// The GPU that it is of.
    pub device_uuid: [u8; 16],
    /// CUDA_IPC or CUDA_VMM.
    pub memory: MemoryKind,
    /// The caller's buffers, where the library makes none.
    pub external: Option<ExternalBuffers>,
    /// How streams of other processes are ordered behind those of this one.
    pub sync: SyncKind,
}

impl Placement {
    /// The kind of memory, as the wire tells it.
    pub fn memory(&self) -> MemoryKind {
        match self {
            Placement::Host => MemoryKind::Host,
            Placement::Cuda(cuda) => cuda.memory,
        }
    }

    /// The kind of order, as the wire tells it.
    pub fn sync(&self) -> SyncKind {
        match self {
            Placement::Host => SyncKind::Cpu,
            Placement::Cuda(cuda) => cuda.sync,
        }
    }

    /// The GPU, zero for host memory.
    pub fn device_uuid(&self) -> [u8; 16] {
        match self {
            Placement::Host => [0; 16],
            Placement::Cuda(cuda) => cuda.device_uuid,
        }
    }
}
