//! Memory, synchronisation and ratios as reports name them.

use cuframes::{MemoryKind, SyncKind};

/// A kind of memory as it is asked for.
pub fn memory(kind: MemoryKind) -> &'static str {
    match kind {
        MemoryKind::Host => "host",
        MemoryKind::CudaIpc => "cuda_ipc",
        MemoryKind::CudaVmm => "cuda_vmm",
        MemoryKind::Dmabuf => "dmabuf",
    }
}

/// What tells that frames are complete, as it is asked for.
pub fn sync(kind: SyncKind) -> &'static str {
    match kind {
        SyncKind::Cpu => "cpu",
        SyncKind::CudaEvent => "event",
        SyncKind::CudaTimeline => "timeline",
    }
}

/// A ratio as `N/D`, if it is told.
pub fn ratio((num, den): (u32, u32)) -> Option<String> {
    (num != 0 && den != 0).then(|| format!("{num}/{den}"))
}
