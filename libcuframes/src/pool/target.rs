//! Which GPU, and which context on it.

use crate::error::{Error, Result};
use crate::sys::cuda::{Context, CudaError, Device, Driver};
use crate::wire::{Uuid, capability};

/// Which GPU's memory is wanted, and in which context it is used.
#[derive(Clone, Debug, Default)]
pub enum Target {
    /// Any; in its primary context.
    #[default]
    Any,
    /// The one with this number; in its primary context.
    Ordinal(u32),
    /// The one of this context.
    Context(Context),
}

/// Each capability with the functions of the driver that it needs.
const OFFERS: [(&[&str], u32); 4] = [
    (
        &["cuIpcOpenMemHandle_v2", "cuIpcCloseMemHandle"],
        capability::CUDA_IPC,
    ),
    (
        &[
            "cuMemImportFromShareableHandle",
            "cuMemMap",
            "cuMemSetAccess",
        ],
        capability::CUDA_VMM,
    ),
    (
        &["cuIpcOpenEventHandle", "cuIpcGetEventHandle"],
        capability::CUDA_EVENT,
    ),
    (
        &["cuStreamWaitValue64_v2", "cuStreamWriteValue64_v2"],
        capability::CUDA_TIMELINE,
    ),
];

/// What a subscriber says about GPUs in HELLO.
#[derive(Clone, Copy, Debug)]
pub struct Offer {
    /// Capability bits that the driver has the functions for.
    pub capabilities: u32,
    /// The only GPU that will do, 0 any.
    pub uuid: [u8; 16],
}

impl Target {
    /// What can be offered to a publisher. Loads the driver.
    pub fn offer(&self) -> Result<Offer> {
        let driver = driver()?;
        let uuid = match self {
            Target::Any => [0; 16],
            Target::Ordinal(ordinal) => *device(driver, *ordinal)?.uuid(),
            Target::Context(context) => uuid_of(context)?,
        };
        let missing = driver.missing_symbols();
        let there = OFFERS
            .iter()
            .filter(|(symbols, _)| !symbols.iter().any(|symbol| missing.contains(symbol)));
        Ok(Offer {
            capabilities: there.fold(0, |all, (_, bit)| all | bit),
            uuid,
        })
    }

    /// The context for memory of the GPU `uuid`.
    pub fn context_of(&self, uuid: [u8; 16]) -> Result<Context> {
        if let Target::Context(context) = self {
            let ours = uuid_of(context)?;
            return match ours == uuid {
                true => Ok(context.clone()),
                false => Err(other_device(uuid, ours)),
            };
        }
        let driver = driver()?;
        match driver.device_by_uuid(&uuid).map_err(listed())? {
            Some(device) => primary(&device),
            None => Err(not_visible(uuid, &driver.devices().map_err(listed())?)),
        }
    }

    /// The context to publish from.
    pub fn context(&self) -> Result<Context> {
        match self {
            Target::Any => primary(&device(driver()?, 0)?),
            Target::Ordinal(ordinal) => primary(&device(driver()?, *ordinal)?),
            Target::Context(context) => Ok(context.clone()),
        }
    }
}

/// The GPU of `context`.
pub fn uuid_of(context: &Context) -> Result<[u8; 16]> {
    let device = context.device();
    let device = device.map_err(Error::cuda("ask which GPU a context is of"))?;
    Ok(*device.uuid())
}

fn driver() -> Result<Driver> {
    Driver::load().map_err(|error| Error::Unsupported(format!("memory of a GPU: {error}")))
}

fn listed() -> impl FnOnce(CudaError) -> Error {
    Error::cuda("list the GPUs")
}

fn device(driver: Driver, ordinal: u32) -> Result<Device> {
    let devices = driver.devices().map_err(listed())?;
    let count = devices.len();
    devices.into_iter().nth(ordinal as usize).ok_or_else(|| {
        Error::InvalidArgument(format!(
            "there is no CUDA device {ordinal}; {count} are visible"
        ))
    })
}

fn primary(device: &Device) -> Result<Context> {
    Context::primary(device).map_err(Error::cuda(format!(
        "use the primary context of {}",
        Uuid(*device.uuid())
    )))
}

fn other_device(theirs: [u8; 16], ours: [u8; 16]) -> Error {
    Error::Unsupported(format!(
        "frames on device {}, and the context given is of device {}",
        Uuid(theirs),
        Uuid(ours)
    ))
}

fn not_visible(uuid: [u8; 16], devices: &[Device]) -> Error {
    let seen: Vec<_> = devices
        .iter()
        .map(|device| Uuid(*device.uuid()).to_string())
        .collect();
    let seen = match seen.is_empty() {
        true => "none".to_owned(),
        false => seen.join(", "),
    };
    Error::Unsupported(format!(
        "frames on device {}, which this process does not see; it sees {seen}",
        Uuid(uuid)
    ))
}
