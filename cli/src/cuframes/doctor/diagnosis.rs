//! What was found, as programs read it.

use cuframes::cuda::{DeviceFacts, Machine, Outcome, Pair, Report};
use cuframes::wire::Uuid;
use cuframes::{Error, MemoryKind, SyncKind};
use serde::Serialize;

use cuframes_cli::report;

use super::trial::Host;

/// Where the names of segments are.
const SHM: &str = "/dev/shm";

/// Everything.
#[derive(Debug, Serialize)]
pub struct Diagnosis {
    pub process: Process,
    pub limits: Limits,
    pub run_dir: Option<String>,
    pub driver: Driver,
    pub ipc_helper: Option<String>,
    pub devices: Vec<Device>,
    /// The device on which the pairs were tried.
    pub device: u32,
    pub pairs: Vec<Verdict>,
    pub key: Option<Key>,
}

/// Who is asking. Others have to share some of it, and to differ in some.
#[derive(Debug, Serialize)]
pub struct Process {
    pub pid: u32,
    /// From the outermost PID namespace that is known to the own one.
    pub pids: Vec<u32>,
    pub pid_namespace: Option<u64>,
    pub ipc_namespace: Option<u64>,
    pub network_namespace: Option<u64>,
    /// `st_dev` of /dev/shm.
    pub dev_shm: Option<u64>,
}

/// `None` is no limit, or not known for the room.
#[derive(Debug, Serialize)]
pub struct Limits {
    pub locked_memory: Option<u64>,
    pub descriptors: Option<u64>,
    pub dev_shm_free: Option<u64>,
}

/// The CUDA driver.
#[derive(Debug, Serialize)]
pub struct Driver {
    /// As in 12.4; `None` without a driver.
    pub cuda: Option<String>,
    pub missing_symbols: Vec<&'static str>,
    /// Why there is none.
    pub error: Option<String>,
}

/// A GPU. `None` is what the driver does not tell.
#[derive(Debug, Serialize)]
pub struct Device {
    pub ordinal: i32,
    pub uuid: String,
    pub name: String,
    pub memory: Option<u64>,
    pub compute_capability: Option<String>,
    pub compute_mode: Option<i32>,
    pub mig: Option<bool>,
    pub vmm: Option<bool>,
    pub vmm_descriptors: Option<bool>,
    pub ipc_events: Option<bool>,
    pub stream_memory_operations_64: Option<bool>,
}

/// What came of trying a pair.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// As it is required.
    pub pair: String,
    pub memory: &'static str,
    pub sync: &'static str,
    /// `works`, `fails`, or `not_probed` if it could not be tried.
    pub outcome: &'static str,
    pub reason: Option<String>,
    pub remedy: Option<String>,
    /// What another process has to have, besides, to take part.
    pub needs: Vec<String>,
}

/// Whether a key can be read from here.
#[derive(Debug, Serialize)]
pub struct Key {
    pub key: String,
    pub readable: bool,
    pub reason: Option<String>,
}

impl Diagnosis {
    /// What the library found on the GPU, and what came of host memory.
    pub fn new(probed: &Report, host: Host) -> Diagnosis {
        let driver = probed.driver.as_ref();
        Diagnosis {
            process: Process::of(&probed.machine),
            limits: Limits {
                locked_memory: probed.machine.locked_memory,
                descriptors: probed.machine.descriptors,
                dev_shm_free: free(),
            },
            run_dir: host.run_dir.as_ref().map(|path| path.display().to_string()),
            driver: Driver {
                cuda: driver.ok().map(|facts| version(facts.version)),
                missing_symbols: driver.map_or(Vec::new(), |facts| facts.missing_symbols.clone()),
                error: driver.err().map(ToString::to_string),
            },
            ipc_helper: probed
                .machine
                .helper
                .as_ref()
                .map(|path| path.display().to_string()),
            devices: probed.devices.iter().map(Device::of).collect(),
            device: probed.device,
            pairs: probed
                .pairs
                .iter()
                .map(|pair| Verdict::of(pair, &host, &probed.machine))
                .collect(),
            key: None,
        }
    }

    /// Takes in whether a key can be read.
    pub fn tell_key(&mut self, key: &str, joined: &Result<(), Error>) {
        self.key = Some(Key {
            key: key.to_owned(),
            readable: joined.is_ok(),
            reason: joined.as_ref().err().map(ToString::to_string),
        });
    }

    /// The verdict about the pair of that name, unless it works.
    pub fn failed(&self, name: &str) -> Option<Verdict> {
        let mut pairs = self.pairs.iter();
        let pair = pairs.find(|verdict| verdict.pair == name);
        pair.filter(|verdict| verdict.outcome != "works").cloned()
    }
}

impl Process {
    fn of(machine: &Machine) -> Process {
        Process {
            pid: std::process::id(),
            pids: machine.pids.clone(),
            pid_namespace: machine.pid_namespace,
            ipc_namespace: machine.ipc_namespace,
            network_namespace: machine.network_namespace,
            dev_shm: machine.shm,
        }
    }
}

impl Device {
    fn of(facts: &DeviceFacts) -> Device {
        let capability = facts.compute_capability;
        Device {
            ordinal: facts.ordinal,
            uuid: Uuid(facts.uuid).to_string(),
            name: facts.name.clone(),
            memory: facts.memory,
            compute_capability: capability.map(|(major, minor)| format!("{major}.{minor}")),
            compute_mode: facts.compute_mode,
            mig: facts.mig,
            vmm: facts.vmm,
            vmm_descriptors: facts.descriptors,
            ipc_events: facts.ipc_events,
            stream_memory_operations_64: facts.stream_memory_operations,
        }
    }
}

impl Verdict {
    fn of(pair: &Pair, host: &Host, machine: &Machine) -> Verdict {
        let (memory, sync) = (report::memory(pair.memory), report::sync(pair.sync));
        let (outcome, reason, remedy) = match (pair.memory, &host.shared, &pair.outcome) {
            // The library's sentence says what to do as well.
            (MemoryKind::Host, Err(error), _) => ("fails", Some(error.to_string()), None),
            (_, _, Outcome::Works) => ("works", None, None),
            (_, _, outcome) => {
                let reason = outcome.reason();
                let name = match outcome {
                    Outcome::NotProbed(_) => "not_probed",
                    _ => "fails",
                };
                let remedy = reason.map(|reason| reason.remedy().to_owned());
                (name, reason.map(|reason| reason.what()), remedy)
            }
        };
        Verdict {
            pair: format!("{memory}+{sync}"),
            memory,
            sync,
            outcome,
            reason,
            remedy,
            needs: needs(pair.memory, pair.sync, machine),
        }
    }

    /// Why it does not work, and what to do.
    pub fn sentence(&self) -> Option<String> {
        let reason = self.reason.as_ref()?;
        Some(match &self.remedy {
            Some(remedy) => format!("{reason}; {remedy}"),
            None => reason.clone(),
        })
    }
}

/// What two containers have to share for a pair, and in what they have to differ.
fn needs(memory: MemoryKind, sync: SyncKind, machine: &Machine) -> Vec<String> {
    let mut needs = vec!["the run directory".to_owned()];
    if memory != MemoryKind::Host {
        needs.push("the GPU".to_owned());
    }
    if memory == MemoryKind::CudaIpc {
        let pid = std::process::id();
        needs.push(format!("a pid value other than {pid}"));
    }
    if sync == SyncKind::CudaEvent {
        let shm = machine
            .shm
            .map_or(String::new(), |dev| format!(" (device {dev})"));
        needs.push(format!("the same {SHM}{shm}"));
        needs.push("with some drivers, the same PID namespace".to_owned());
    }
    needs
}

/// Bytes that are free in /dev/shm.
fn free() -> Option<u64> {
    let room = rustix::fs::statvfs(SHM).ok()?;
    Some(room.f_bavail * room.f_frsize)
}

fn version(number: i32) -> String {
    format!("{}.{}", number / 1000, number % 1000 / 10)
}
