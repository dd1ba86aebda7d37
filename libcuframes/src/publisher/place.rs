//! Deciding where frames live, and how others follow: as asked, or the best that works here.

use crate::cuda::{self, Memory, Reason, Sync};
use crate::error::{Error, Result};
use crate::pool::{CudaPlacement, ExternalBuffers, Placement, Target, uuid_of};
use crate::sys::cuda::Context;
use crate::wire::{MemoryKind, SyncKind};

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub memory: Memory,
    pub sync: Sync,
    pub device: Target,
    pub external: Option<ExternalBuffers>,
}

impl Place {
    /// Decides. What `Auto` chose, and why it passed over something better, is logged.
    pub fn decide(&self, key: &str) -> Result<Placement> {
        match self.memory {
            Memory::Host => self.on_host(),
            Memory::CudaIpc | Memory::CudaVmm => self.on_gpu(key, self.device.context()?),
            Memory::Auto => match self.device.context() {
                Ok(context) => self.on_gpu(key, context),
                Err(error) => self.fall_back(key, error),
            },
        }
    }

    fn on_host(&self) -> Result<Placement> {
        match self.sync {
            Sync::Auto | Sync::Cpu => Ok(Placement::Host),
            Sync::Event | Sync::Timeline => Err(Error::InvalidArgument(format!(
                "sync {} is for frames on a GPU, and these are in host memory",
                self.sync
            ))),
        }
    }

    fn on_gpu(&self, key: &str, context: Context) -> Result<Placement> {
        let report = cuda::probe_in(&context);
        let mut reasons = Vec::new();
        for (memory, sync) in self.candidates() {
            match self.accept(report.verdict(memory, sync)) {
                Ok(()) => {
                    let passed_over = reasons.join("; ");
                    tracing::info!(key, ?memory, ?sync, passed_over, "frames are on a GPU");
                    return Ok(Placement::Cuda(CudaPlacement {
                        device_uuid: uuid_of(&context)?,
                        context,
                        memory,
                        external: self.external.clone(),
                        sync,
                    }));
                }
                Err(reason) => reasons.push(format!("{memory:?} with {sync:?}: {reason}")),
            }
        }
        let none = Error::Unsupported(format!(
            "no way to share a GPU works: {}",
            reasons.join("; ")
        ));
        match self.memory {
            Memory::Auto => self.fall_back(key, none),
            _ => Err(none),
        }
    }

    /// What is asked for by name is taken where it could not be tried; `Auto` wants to know.
    fn accept(&self, verdict: std::result::Result<(), Reason>) -> std::result::Result<(), Reason> {
        match verdict {
            Err(reason) if self.memory != Memory::Auto && reason.is_unknown() => {
                tracing::info!(%reason, "frames are on a GPU, unprobed");
                Ok(())
            }
            verdict => verdict,
        }
    }

    /// An order of the GPU's that was asked for by name has nothing to fall back to.
    fn fall_back(&self, key: &str, why: Error) -> Result<Placement> {
        if matches!(self.sync, Sync::Event | Sync::Timeline) {
            return Err(why);
        }
        tracing::warn!(key, %why, "memory=auto: frames are in host memory");
        Ok(Placement::Host)
    }

    /// Pairs in the order of preference. Events are used when they are asked for.
    fn candidates(&self) -> Vec<(MemoryKind, SyncKind)> {
        let memories: &[_] = match self.memory {
            Memory::CudaIpc => &[MemoryKind::CudaIpc],
            Memory::CudaVmm => &[MemoryKind::CudaVmm],
            Memory::Auto | Memory::Host => &[MemoryKind::CudaVmm, MemoryKind::CudaIpc],
        };
        let syncs: &[_] = match self.sync {
            Sync::Auto => &[SyncKind::CudaTimeline, SyncKind::Cpu],
            Sync::Cpu => &[SyncKind::Cpu],
            Sync::Event => &[SyncKind::CudaEvent],
            Sync::Timeline => &[SyncKind::CudaTimeline],
        };
        let pairs = memories
            .iter()
            .flat_map(|&memory| syncs.iter().map(move |&sync| (memory, sync)));
        pairs.collect()
    }
}
