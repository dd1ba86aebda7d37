//! All that a probe finds out, for people and for programs.

use crate::sys::cuda::{Context, Device, Driver, DriverError};
use crate::wire::{MemoryKind, SyncKind};

use super::facts::{DeviceFacts, DriverFacts, Machine};
use super::reason::Reason;
use super::trials::Probe;

/// Every pair that a publisher can choose, the ones that are preferred first.
const PAIRS: [(MemoryKind, SyncKind); 7] = [
    (MemoryKind::CudaVmm, SyncKind::CudaTimeline),
    (MemoryKind::CudaVmm, SyncKind::Cpu),
    (MemoryKind::CudaVmm, SyncKind::CudaEvent),
    (MemoryKind::CudaIpc, SyncKind::CudaTimeline),
    (MemoryKind::CudaIpc, SyncKind::Cpu),
    (MemoryKind::CudaIpc, SyncKind::CudaEvent),
    (MemoryKind::Host, SyncKind::Cpu),
];

/// What came of trying a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It works here.
    Works,
    /// It does not work here.
    Fails(Reason),
    /// It could not be tried.
    NotProbed(Reason),
}

impl Outcome {
    /// Whether it is known to work.
    #[must_use]
    pub fn works(&self) -> bool {
        *self == Outcome::Works
    }

    /// Why it is not known to work.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        match self {
            Outcome::Works => None,
            Outcome::Fails(reason) | Outcome::NotProbed(reason) => Some(reason),
        }
    }
}

impl From<Result<(), Reason>> for Outcome {
    fn from(tried: Result<(), Reason>) -> Outcome {
        match tried {
            Ok(()) => Outcome::Works,
            Err(reason) if reason.is_unknown() => Outcome::NotProbed(reason),
            Err(reason) => Outcome::Fails(reason),
        }
    }
}

/// A pair of memory and order, and what came of trying it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pair {
    /// Where frames would live.
    pub memory: MemoryKind,
    /// What would tell that they are complete.
    pub sync: SyncKind,
    /// Whether that works.
    pub outcome: Outcome,
}

/// All that a probe finds out about one device, and about the place of this process.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// The place.
    pub machine: Machine,
    /// The driver, or why there is none.
    pub driver: Result<DriverFacts, DriverError>,
    /// Every device that this process sees.
    pub devices: Vec<DeviceFacts>,
    /// The number of the device whose pairs were tried.
    pub device: u32,
    /// Every pair that a publisher can choose, the ones that are preferred first.
    pub pairs: Vec<Pair>,
}

impl Report {
    /// Tries every pair on the device of that number.
    pub(super) fn of_device(ordinal: u32) -> Report {
        let driver = Driver::load();
        let devices = driver.clone().map_err(Reason::Driver).and_then(listed);
        let probe = devices.as_deref().map_err(Clone::clone);
        let probe = probe.and_then(|devices| probe_of(devices, ordinal));
        let devices = devices.iter().flatten();
        Report {
            machine: Machine::look(),
            driver: driver.as_ref().map(DriverFacts::of).map_err(Clone::clone),
            devices: devices.map(DeviceFacts::of).collect(),
            device: ordinal,
            pairs: PAIRS
                .map(|(memory, sync)| tried(&probe, memory, sync))
                .into(),
        }
    }

    /// What came of trying a pair.
    #[must_use]
    pub fn outcome(&self, memory: MemoryKind, sync: SyncKind) -> Option<&Outcome> {
        let mut pairs = self.pairs.iter();
        let pair = pairs.find(|pair| pair.memory == memory && pair.sync == sync);
        pair.map(|pair| &pair.outcome)
    }
}

fn listed(driver: Driver) -> Result<Vec<Device>, Reason> {
    let devices = driver.devices();
    devices.map_err(|error| Reason::refused("list the devices", error))
}

fn probe_of(devices: &[Device], ordinal: u32) -> Result<Probe, Reason> {
    let visible = devices.len();
    let device = devices.get(ordinal as usize);
    let device = device.ok_or(Reason::NoDevice { ordinal, visible })?;
    let context = Context::primary(device);
    let context = context.map_err(|error| Reason::refused("use the primary context", error))?;
    Ok(Probe::new(&context))
}

fn tried(probe: &Result<Probe, Reason>, memory: MemoryKind, sync: SyncKind) -> Pair {
    let outcome = match (memory, probe) {
        (MemoryKind::Host, _) => Outcome::Works,
        (_, Ok(probe)) => probe.verdict(memory, sync).into(),
        (_, Err(reason)) => Outcome::Fails(reason.clone()),
    };
    Pair {
        memory,
        sync,
        outcome,
    }
}
