//! What is known of the machine, the driver and a device, without trying anything.

use std::path::PathBuf;

use crate::sys;
use crate::sys::cuda::{Attribute, Device, Driver};

use super::helper;

/// The place in which this process runs. Whom it can share frames with depends on it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Machine {
    /// The pid values of this process, its own namespace's last. CUDA IPC wants that the two
    /// processes differ in that one.
    pub pids: Vec<u32>,
    /// Identity of the PID namespace.
    pub pid_namespace: Option<u64>,
    /// Identity of the IPC namespace.
    pub ipc_namespace: Option<u64>,
    /// Identity of the network namespace.
    pub network_namespace: Option<u64>,
    /// Identity of the file system at /dev/shm. Events need the same on both sides.
    pub shm: Option<u64>,
    /// Bytes of memory that may be locked, `None` for no limit.
    pub locked_memory: Option<u64>,
    /// Descriptors that may be open, `None` for no limit.
    pub descriptors: Option<u64>,
    /// The helper program that tries CUDA IPC, if it is there.
    pub helper: Option<PathBuf>,
}

impl Machine {
    /// Looks around.
    #[must_use]
    pub fn look() -> Machine {
        Machine {
            pids: sys::pid_values(),
            pid_namespace: sys::namespace("pid"),
            ipc_namespace: sys::namespace("ipc"),
            network_namespace: sys::namespace("net"),
            shm: sys::file_system(sys::SEGMENT_DIR),
            locked_memory: sys::locked_memory_limit(),
            descriptors: sys::descriptor_limit(),
            helper: helper::find().ok(),
        }
    }
}

/// The driver.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DriverFacts {
    /// The CUDA version that it supports, 1000 * major + 10 * minor.
    pub version: i32,
    /// The functions that it does not have, of those that this library uses.
    pub missing_symbols: Vec<&'static str>,
}

impl DriverFacts {
    pub(super) fn of(driver: &Driver) -> DriverFacts {
        DriverFacts {
            version: driver.version(),
            missing_symbols: driver.missing_symbols(),
        }
    }
}

/// A device. What the driver does not tell is `None`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceFacts {
    /// Its number among those that this process sees.
    pub ordinal: i32,
    /// Its identity, which is the same in every process.
    pub uuid: [u8; 16],
    /// What its maker calls it.
    pub name: String,
    /// Bytes of its memory.
    pub memory: Option<u64>,
    /// Major and minor version of its instruction set.
    pub compute_capability: Option<(i32, i32)>,
    /// 0 if several processes may use it, 2 if none may, 3 if one may.
    pub compute_mode: Option<i32>,
    /// Whether it is an instance of a partitioned GPU.
    pub mig: Option<bool>,
    /// Whether it has VMM memory.
    pub vmm: Option<bool>,
    /// Whether VMM memory can be given to another process as a descriptor.
    pub descriptors: Option<bool>,
    /// Whether streams can write and wait for 64-bit values in memory.
    pub stream_memory_operations: Option<bool>,
    /// Whether events can be shared between processes.
    pub ipc_events: Option<bool>,
}

impl DeviceFacts {
    pub(super) fn of(device: &Device) -> DeviceFacts {
        let number = |attribute| device.attribute(attribute).ok();
        let has = |attribute| number(attribute).map(|value| value != 0);
        let major = number(Attribute::COMPUTE_CAPABILITY_MAJOR);
        DeviceFacts {
            ordinal: device.ordinal(),
            uuid: *device.uuid(),
            name: device.name().to_owned(),
            memory: device.total_memory().ok(),
            compute_capability: major.zip(number(Attribute::COMPUTE_CAPABILITY_MINOR)),
            compute_mode: number(Attribute::COMPUTE_MODE),
            mig: device.is_mig().ok(),
            vmm: has(Attribute::VIRTUAL_MEMORY_MANAGEMENT),
            descriptors: has(Attribute::POSIX_DESCRIPTORS),
            stream_memory_operations: has(Attribute::STREAM_MEMORY_OPERATIONS_64),
            ipc_events: has(Attribute::IPC_EVENTS),
        }
    }
}
