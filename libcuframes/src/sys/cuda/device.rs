//! One GPU, or one instance of a partitioned GPU.

use std::ffi::CStr;

use super::abi::{CUdevice, CUdevice_attribute, CUuuid};
use super::driver::Driver;
use super::error::Result;

/// A device of this process.
#[derive(Clone, Debug)]
pub struct Device {
    driver: Driver,
    handle: CUdevice,
    uuid: [u8; 16],
    name: String,
}

/// A property of a device that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute(CUdevice_attribute);

impl Attribute {
    /// 1 if host memory can be mapped for it.
    pub const CAN_MAP_HOST_MEMORY: Attribute = Attribute(19);
    /// 0 if several processes may use it, 2 if none may, 3 if one may.
    pub const COMPUTE_MODE: Attribute = Attribute(20);
    /// 1 if it and the host have one address space.
    pub const UNIFIED_ADDRESSING: Attribute = Attribute(41);
    /// Major version of its instruction set.
    pub const COMPUTE_CAPABILITY_MAJOR: Attribute = Attribute(75);
    /// Minor version of its instruction set.
    pub const COMPUTE_CAPABILITY_MINOR: Attribute = Attribute(76);
    /// 1 if memory of the host can be registered for it.
    pub const HOST_REGISTER: Attribute = Attribute(99);
    /// 1 if it has VMM memory.
    pub const VIRTUAL_MEMORY_MANAGEMENT: Attribute = Attribute(102);
    /// 1 if VMM memory can be given to another process as a descriptor.
    pub const POSIX_DESCRIPTORS: Attribute = Attribute(103);
    /// 1 if a stream can write and wait for 64-bit values in memory.
    pub const STREAM_MEMORY_OPERATIONS_64: Attribute = Attribute(122);
    /// 1 if memory of it can be had as a DMA-BUF.
    pub const DMA_BUF_SUPPORTED: Attribute = Attribute(124);
    /// 1 if events can be shared between processes.
    pub const IPC_EVENTS: Attribute = Attribute(125);
}

impl Driver {
    /// Every device that this process may use.
    pub fn devices(&self) -> Result<Vec<Device>> {
        let mut count = 0;
        // SAFETY: I17: `count` is a live integer.
        unsafe { self.table()?.device_get_count(&mut count) }?;
        (0..count).map(|ordinal| self.device(ordinal)).collect()
    }

    /// The device with that number.
    pub fn device(&self, ordinal: i32) -> Result<Device> {
        let mut handle = 0;
        // SAFETY: I17: `handle` is a live integer.
        unsafe { self.table()?.device_get(&mut handle, ordinal) }?;
        Device::from_handle(*self, handle)
    }

    /// The device of that identity, or nothing if this process does not see it.
    pub fn device_by_uuid(&self, uuid: &[u8; 16]) -> Result<Option<Device>> {
        let mut devices = self.devices()?.into_iter();
        Ok(devices.find(|device| device.uuid() == uuid))
    }
}

impl Device {
    pub(super) fn from_handle(driver: Driver, handle: CUdevice) -> Result<Device> {
        let table = driver.table()?;
        let mut uuid = CUuuid::default();
        // SAFETY: I17: `uuid` is a live struct of the driver's size.
        unsafe { table.device_get_uuid(&mut uuid, handle) }?;
        let mut name = [0; 128];
        let room = name.len() as i32;
        // SAFETY: I17: `name` is live, and the call is told how long it is.
        unsafe { table.device_get_name(name.as_mut_ptr().cast(), room, handle) }?;
        let name = CStr::from_bytes_until_nul(&name).unwrap_or_default();
        Ok(Device {
            driver,
            handle,
            uuid: uuid.bytes,
            name: name.to_string_lossy().into_owned(),
        })
    }

    /// Its number among those that this process sees.
    #[must_use]
    pub fn ordinal(&self) -> i32 {
        self.handle
    }

    /// Its identity, which is the same in every process; of a MIG instance, the instance's.
    #[must_use]
    pub fn uuid(&self) -> &[u8; 16] {
        &self.uuid
    }

    /// What its maker calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value of a property. Drivers that are too old to know it refuse.
    pub fn attribute(&self, attribute: Attribute) -> Result<i32> {
        let mut value = 0;
        let table = self.driver.table()?;
        // SAFETY: I17: `value` is a live integer.
        unsafe { table.device_get_attribute(&mut value, attribute.0, self.handle) }?;
        Ok(value)
    }

    /// Bytes of its memory.
    pub fn total_memory(&self) -> Result<u64> {
        let mut bytes = 0;
        // SAFETY: I17: `bytes` is a live integer.
        unsafe {
            self.driver
                .table()?
                .device_total_mem(&mut bytes, self.handle)
        }?;
        Ok(bytes as u64)
    }

    /// Whether it is an instance of a partitioned GPU: then its identity is not the board's.
    pub fn is_mig(&self) -> Result<bool> {
        let mut board = CUuuid::default();
        let table = self.driver.table()?;
        // SAFETY: I17: `board` is a live struct of the driver's size.
        unsafe { table.device_get_board_uuid(&mut board, self.handle) }?;
        Ok(board.bytes != self.uuid)
    }

    pub(super) fn driver(&self) -> Driver {
        self.driver
    }

    pub(super) fn handle(&self) -> CUdevice {
        self.handle
    }
}
