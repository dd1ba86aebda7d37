//! Device memory that another process opens by a handle.

use super::abi::{
    CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, CUipcMemHandle,
};
use super::context::Context;
use super::error::Result;

/// The driver puts small allocations side by side into blocks of this size, and a handle opens
/// the whole block.
pub const IPC_BLOCK: usize = 2 << 20;

/// An allocation on the GPU that is alone in its blocks.
///
/// It must not be dropped while work on it is enqueued, or while another process has it open.
#[derive(Debug)]
pub struct DeviceMemory {
    context: Context,
    address: u64,
    len: usize,
}

impl DeviceMemory {
    /// `len` bytes, rounded up to whole blocks so that nobody else's memory goes with them.
    pub fn new(context: &Context, len: usize) -> Result<DeviceMemory> {
        let entered = context.enter()?;
        // More than an address space can hold stays more than that, and is refused.
        let len = len.checked_next_multiple_of(IPC_BLOCK).unwrap_or(len);
        let mut address = 0;
        // SAFETY: I17: `address` is a live integer.
        unsafe { entered.table.mem_alloc(&mut address, len) }?;
        Ok(DeviceMemory {
            context: context.clone(),
            address,
            len,
        })
    }

    /// Address of the first byte, for the GPU.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.address
    }

    /// Bytes, a multiple of 2 MiB.
    #[must_use]
    pub fn size(&self) -> usize {
        self.len
    }

    /// The context that it belongs to.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// The bytes by which another process opens it.
    pub fn ipc_handle(&self) -> Result<[u8; 64]> {
        ipc_handle(&self.context, self.address)
    }
}

impl Drop for DeviceMemory {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15, I16: allocated once by `new`, freed once here, when its owner knows
            // that no work is left. A driver that refuses has lost the context and its memory.
            let _ = unsafe { entered.table.mem_free(self.address) };
        }
    }
}

/// The bytes by which another process opens the allocation that contains `address`.
pub fn ipc_handle(context: &Context, address: u64) -> Result<[u8; 64]> {
    let entered = context.enter()?;
    let mut handle = CUipcMemHandle { reserved: [0; 64] };
    // SAFETY: I17: `handle` is live and of the driver's size; the driver checks the address.
    unsafe { entered.table.ipc_get_mem_handle(&mut handle, address) }?;
    Ok(handle.reserved)
}

/// First byte and length of the allocation that contains `address`.
pub fn address_range(context: &Context, address: u64) -> Result<(u64, usize)> {
    let entered = context.enter()?;
    let (mut base, mut len) = (0, 0);
    // SAFETY: I17: both are live integers; the driver checks the address.
    unsafe {
        entered
            .table
            .mem_get_address_range(&mut base, &mut len, address)
    }?;
    Ok((base, len))
}

/// The ordinal of the device on which `address` was allocated.
pub fn device_of(context: &Context, address: u64) -> Result<i32> {
    let entered = context.enter()?;
    let mut ordinal = 0i32;
    let value = (&raw mut ordinal).cast();
    let attribute = CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL;
    // SAFETY: I17: this attribute is a live 32-bit integer; the driver checks the address.
    unsafe {
        entered
            .table
            .pointer_get_attribute(value, attribute, address)
    }?;
    Ok(ordinal)
}

/// Memory of another process, opened by its handle.
///
/// The same handle must not be opened twice at a time, nor in the process that made it. It
/// must not be dropped while work on it is enqueued.
#[derive(Debug)]
pub struct ImportedMemory {
    context: Context,
    opened: u64,
    base: u64,
    len: usize,
}

impl ImportedMemory {
    /// Opens `handle`. How long the memory is, the driver says.
    pub fn open(context: &Context, handle: &[u8; 64]) -> Result<ImportedMemory> {
        let mut opened = 0;
        let handle = CUipcMemHandle { reserved: *handle };
        let flags = CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS;
        let entered = context.enter()?;
        // SAFETY: I17: `opened` is a live integer; the driver checks the bytes of a handle.
        unsafe {
            entered
                .table
                .ipc_open_mem_handle(&mut opened, handle, flags)
        }?;
        let mut memory = ImportedMemory {
            context: context.clone(),
            opened,
            base: opened,
            len: 0,
        };
        (memory.base, memory.len) = address_range(context, opened)?;
        Ok(memory)
    }

    /// Address of the first byte of the allocation, for the GPU.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.base
    }

    /// Bytes of the allocation.
    #[must_use]
    pub fn size(&self) -> usize {
        self.len
    }

    /// The context in which it is open.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }
}

impl Drop for ImportedMemory {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15, I16: opened once, closed once here, when its owner knows that no
            // work is left. A driver that refuses has lost the context, and the import with it.
            let _ = unsafe { entered.table.ipc_close_mem_handle(self.opened) };
        }
    }
}
