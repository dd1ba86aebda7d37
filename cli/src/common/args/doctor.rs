//! Arguments of `doctor`.

use std::fmt;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use cuframes::{MemoryKind, SyncKind};

use super::{MemoryName, SyncName, Trust};
use crate::report;

/// Tell what works here: the place, the driver, the devices, and every way to share frames.
///
/// Each pair of memory and sync is really tried; what fails has its reason and what to do about
/// it. Which of them reach another container is told as well. The program ends with 0 if all
/// that was asked for works, with 14 if not; host+cpu is always asked for.
#[derive(Debug, Args)]
pub struct DoctorArguments {
    /// A pair that has to work, as cuda_vmm+timeline; may be repeated.
    #[arg(long, value_name = "MEMORY+SYNC")]
    pub require: Vec<PairName>,
    /// The GPU to try it on, by its number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub cuda_device: u32,
    /// Also try to read this key, from here.
    #[arg(long)]
    pub key: Option<String>,
    /// One JSON document on standard output.
    #[arg(long)]
    pub json: bool,
    /// Whose processes are trusted.
    #[command(flatten)]
    pub trust: Trust,
}

/// Where frames are, and what tells that they are complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairName {
    /// Where.
    pub memory: MemoryKind,
    /// What tells.
    pub sync: SyncKind,
}

impl FromStr for PairName {
    type Err = String;

    fn from_str(text: &str) -> Result<PairName, String> {
        let wrong = || format!("'{text}' is no pair, as in cuda_vmm+timeline or host+cpu");
        let (memory, sync) = text.split_once('+').ok_or_else(wrong)?;
        let memory = match MemoryName::from_str(memory, false) {
            Ok(MemoryName::Host) => MemoryKind::Host,
            Ok(MemoryName::CudaIpc) => MemoryKind::CudaIpc,
            Ok(MemoryName::CudaVmm) => MemoryKind::CudaVmm,
            Ok(MemoryName::Auto) | Err(_) => return Err(wrong()),
        };
        let sync = match SyncName::from_str(sync, false) {
            Ok(SyncName::Cpu) => SyncKind::Cpu,
            Ok(SyncName::Event) => SyncKind::CudaEvent,
            Ok(SyncName::Timeline) => SyncKind::CudaTimeline,
            Ok(SyncName::Auto) | Err(_) => return Err(wrong()),
        };
        match memory.allows(sync) {
            true => Ok(PairName { memory, sync }),
            false => Err(wrong()),
        }
    }
}

impl fmt::Display for PairName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (memory, sync) = (report::memory(self.memory), report::sync(self.sync));
        write!(f, "{memory}+{sync}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_reads_as_it_is_written() {
        for text in ["host+cpu", "cuda_ipc+event", "cuda_vmm+timeline"] {
            let pair: PairName = text.parse().expect("a pair");
            assert_eq!(pair.to_string(), text);
        }
        for text in [
            "",
            "cuda_vmm",
            "auto+cpu",
            "cuda_vmm+auto",
            "host+event",
            "+",
        ] {
            assert!(text.parse::<PairName>().is_err(), "{text}");
        }
    }
}
