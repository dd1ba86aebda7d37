//! Which GPU, and which context on it.

use crate::error::{Error, Result};
use crate::sys::cuda::{Context, Device, Driver, Symbols};
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
        let driver = Driver::load().map_err(no_driver)?;
        let uuid = match self {
            Target::Any => [0; 16],
            Target::Ordinal(ordinal) => device(driver, *ordinal)?.uuid(),
            Target::Context(context) => context.device().uuid(),
        };
        let groups = [
            (Symbols::Ipc, capability::CUDA_IPC),
            (Symbols::Vmm, capability::CUDA_VMM),
            (Symbols::IpcEvents, capability::CUDA_EVENT),
            (Symbols::Timeline, capability::CUDA_TIMELINE),
        ];
        let there = groups.into_iter().filter(|&(symbols, _)| driver.has(symbols));
        Ok(Offer {
            capabilities: there.fold(0, |all, (_, bit)| all | bit),
            uuid,
        })
    }

    /// The context for memory of the GPU `uuid`.
    pub fn context_of(&self, uuid: [u8; 16]) -> Result<Context> {
        if let Target::Context(context) = self {
            return match context.device().uuid() == uuid {
                true => Ok(context.clone()),
                false => Err(other_device(uuid, context.device().uuid())),
            };
        }
        let driver = Driver::load().map_err(no_driver)?;
        let devices = driver.devices().map_err(Error::cuda("list the GPUs"))?;
        match devices.iter().find(|device| device.uuid() == uuid) {
            Some(device) => primary(device),
            None => {
                let seen: Vec<_> = devices
                    .iter()
                    .map(|device| Uuid(device.uuid()).to_string())
                    .collect();
                Err(Error::Unsupported(format!(
                    "frames on device {}, which this process does not see; it sees {}",
                    Uuid(uuid),
                    if seen.is_empty() { "none".to_owned() } else { seen.join(", ") }
                )))
            }
        }
    }

    /// The context to publish from.
    pub fn context(&self) -> Result<Context> {
        let driver = Driver::load().map_err(no_driver)?;
        match self {
            Target::Any => primary(&device(driver, 0)?),
            Target::Ordinal(ordinal) => primary(&device(driver, *ordinal)?),
            Target::Context(context) => Ok(context.clone()),
        }
    }
}

fn device(driver: Driver, ordinal: u32) -> Result<Device> {
    let devices = driver.devices().map_err(Error::cuda("list the GPUs"))?;
    let count = devices.len();
    devices.into_iter().nth(ordinal as usize).ok_or_else(|| {
        Error::InvalidArgument(format!("there is no CUDA device {ordinal}; {count} are visible"))
    })
}

fn primary(device: &Device) -> Result<Context> {
    Context::primary(device).map_err(Error::cuda(format!(
        "use the primary context of {}",
        Uuid(device.uuid())
    )))
}

fn other_device(theirs: [u8; 16], ours: [u8; 16]) -> Error {
    Error::Unsupported(format!(
        "frames on device {}, and the context given is of device {}",
        Uuid(theirs),
        Uuid(ours)
    ))
}

fn no_driver(error: crate::sys::cuda::DriverError) -> Error {
    Error::Unsupported(format!("memory of a GPU: {error}"))
}
