//! Trying what works on a GPU.

use std::ffi::c_int;

use crate::cuda::{self, Outcome};
use crate::wire::{MemoryKind, SyncKind};

use super::cuda::{cuframes_memory_t, cuframes_sync_t, device};
use super::error::{Failure, guard, refuse};

/// Whether a pair of memory and sync works here: it is really tried, which takes up to some
/// seconds.
///
/// cuda_device: the GPU by its number. memory: a cuframes_memory_t, sync: a cuframes_sync_t,
/// neither of them AUTO.
/// Errors: UNSUPPORTED: it does not work, or could not be tried; cuframes_last_error() has the
/// reason and what to do about it. INVALID_ARGUMENT.
#[unsafe(no_mangle)]
pub extern "C" fn cuframes_probe(cuda_device: i32, memory: i32, sync: i32) -> c_int {
    guard(|| {
        let (memory, sync) = (memory_kind(memory)?, sync_kind(sync)?);
        let report = cuda::probe_device(device(cuda_device)?);
        match report.outcome(memory, sync) {
            Some(Outcome::Works) => Ok(()),
            Some(Outcome::Fails(reason) | Outcome::NotProbed(reason)) => Err(Failure::unsupported(
                format!("{}; {}", reason.what(), reason.remedy()),
            )),
            None => refuse("frames in host memory are only with CUFRAMES_SYNC_CPU"),
        }
    })
}

fn memory_kind(number: i32) -> Result<MemoryKind, Failure> {
    const HOST: i32 = cuframes_memory_t::CUFRAMES_MEMORY_HOST as i32;
    const IPC: i32 = cuframes_memory_t::CUFRAMES_MEMORY_CUDA_IPC as i32;
    const VMM: i32 = cuframes_memory_t::CUFRAMES_MEMORY_CUDA_VMM as i32;
    match number {
        HOST => Ok(MemoryKind::Host),
        IPC => Ok(MemoryKind::CudaIpc),
        VMM => Ok(MemoryKind::CudaVmm),
        _ => refuse(format!(
            "memory is {number}; it is a cuframes_memory_t, not AUTO"
        )),
    }
}

fn sync_kind(number: i32) -> Result<SyncKind, Failure> {
    const CPU: i32 = cuframes_sync_t::CUFRAMES_SYNC_CPU as i32;
    const EVENT: i32 = cuframes_sync_t::CUFRAMES_SYNC_EVENT as i32;
    const TIMELINE: i32 = cuframes_sync_t::CUFRAMES_SYNC_TIMELINE as i32;
    match number {
        CPU => Ok(SyncKind::Cpu),
        EVENT => Ok(SyncKind::CudaEvent),
        TIMELINE => Ok(SyncKind::CudaTimeline),
        _ => refuse(format!(
            "sync is {number}; it is a cuframes_sync_t, not AUTO"
        )),
    }
}
