//! VMM memory: made apart from its addresses, shared by a descriptor, alive until its last
//! holder is gone.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use rustix::io::{FdFlags, fcntl_setfd};

use super::super::Fd;
use super::abi::{
    CU_MEM_ACCESS_FLAGS_PROT_READ, CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
    CU_MEM_ALLOC_GRANULARITY_MINIMUM, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
    CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD, CUmemAccessDesc, CUmemAllocationProp,
    CUmemGenericAllocationHandle, CUmemLocation,
};
use super::context::Context;
use super::error::{CudaError, Result};

/// What the GPU of the one who maps may do with the memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it. Not every driver has that.
    Read,
    /// Read and write it.
    ReadWrite,
}

/// Memory on the GPU, mapped whole.
///
/// It must not be dropped while work on it is enqueued. Other processes that imported it keep
/// it alive for themselves.
#[derive(Debug)]
pub struct VmmMemory {
    // Dropped in this order: a mapping before what it maps and before its addresses.
    mapped: Mapped,
    addresses: Addresses,
    allocation: Allocation,
}

impl VmmMemory {
    /// `len` bytes, rounded up to what the device can make.
    pub fn create(context: &Context, len: usize) -> Result<VmmMemory> {
        let entered = context.enter()?;
        let prop = CUmemAllocationProp::shareable(context.device_handle());
        let granularity = granularity(context)?;
        // More than an address space can hold stays more than that, and is refused.
        let len = len.checked_next_multiple_of(granularity).unwrap_or(len);
        let mut handle = 0;
        // SAFETY: I17: `handle` and `prop` are live.
        unsafe { entered.table.mem_create(&mut handle, len, &prop, 0) }?;
        drop(entered);
        let allocation = Allocation::new(context, handle);
        VmmMemory::map(allocation, len, Access::ReadWrite)
    }

    /// Takes in what another process exported: `len` bytes, all that it has.
    pub fn import(
        context: &Context,
        fd: impl AsFd,
        len: usize,
        access: Access,
    ) -> Result<VmmMemory> {
        let entered = context.enter()?;
        let number = fd.as_fd().as_raw_fd() as isize as *mut c_void;
        let kind = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
        let mut handle = 0;
        // SAFETY: I15, I17: the descriptor is open for the call, and the driver takes a copy of
        // its own; `handle` is live. For this kind the pointer is the descriptor's number.
        unsafe { entered.table.mem_import(&mut handle, number, kind) }?;
        drop(entered);
        let allocation = Allocation::new(context, handle);
        VmmMemory::map(allocation, len, access)
    }

    fn map(allocation: Allocation, len: usize, access: Access) -> Result<VmmMemory> {
        let addresses = Addresses::reserve(&allocation.context, len)?;
        let mapped = Mapped::new(&addresses, &allocation)?;
        mapped.allow(access)?;
        Ok(VmmMemory {
            mapped,
            addresses,
            allocation,
        })
    }

    /// A descriptor by which another process imports it. The memory lives as long as that.
    pub fn export(&self) -> Result<Fd> {
        let entered = self.allocation.context.enter()?;
        let kind = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
        let mut number = -1i32;
        let shared = (&raw mut number).cast();
        // SAFETY: I15, I17: the allocation is ours; for this kind the driver writes an `int`.
        unsafe {
            entered
                .table
                .mem_export(shared, self.allocation.handle, kind, 0)
        }?;
        made(number, "cuMemExportToShareableHandle")
    }

    /// A DMA-BUF of all of it. The memory lives as long as that.
    pub fn export_dma_buf(&self) -> Result<Fd> {
        let entered = self.allocation.context.enter()?;
        let (first, len) = (self.addresses.first, self.mapped.len);
        let kind = CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD;
        let mut number = -1i32;
        let handle = (&raw mut number).cast();
        // SAFETY: I15, I17: the range is mapped; for this kind the driver writes an `int`.
        unsafe {
            entered
                .table
                .mem_get_handle_for_range(handle, first, len, kind, 0)
        }?;
        made(number, "cuMemGetHandleForAddressRange")
    }

    /// Address of the first byte, for the GPU.
    #[must_use]
    pub fn address(&self) -> u64 {
        self.addresses.first
    }

    /// Bytes of it.
    #[must_use]
    pub fn size(&self) -> usize {
        self.mapped.len
    }

    /// The context in which it is mapped.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.allocation.context
    }
}

/// A descriptor that the driver made in `call`: a child that execs needs no memory of the GPU.
fn made(number: i32, call: &'static str) -> Result<Fd> {
    if number < 0 {
        return Err(CudaError::NoDescriptor { call });
    }
    // SAFETY: I9: the driver made this descriptor for us; nobody else has its number.
    let fd = unsafe { OwnedFd::from_raw_fd(number) };
    // A descriptor of ours can always be marked.
    let marked: io::Result<()> = fcntl_setfd(&fd, FdFlags::CLOEXEC).map_err(Into::into);
    debug_assert!(marked.is_ok(), "a new descriptor can be marked");
    Ok(Fd::from(fd))
}

/// What sizes of such memory on the device of `context` are multiples of.
pub fn granularity(context: &Context) -> Result<usize> {
    let entered = context.enter()?;
    let prop = CUmemAllocationProp::shareable(context.device_handle());
    let mut bytes = 0;
    // SAFETY: I17: `bytes` and `prop` are live.
    unsafe {
        entered
            .table
            .mem_granularity(&mut bytes, &prop, CU_MEM_ALLOC_GRANULARITY_MINIMUM)
    }?;
    Ok(bytes.max(1))
}

/// The memory itself.
#[derive(Debug)]
struct Allocation {
    context: Context,
    handle: CUmemGenericAllocationHandle,
}

impl Allocation {
    fn new(context: &Context, handle: CUmemGenericAllocationHandle) -> Allocation {
        Allocation {
            context: context.clone(),
            handle,
        }
    }
}

impl Drop for Allocation {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15: created or imported once, released once here.
            let _ = unsafe { entered.table.mem_release(self.handle) };
        }
    }
}

/// A range of addresses of the GPU.
#[derive(Debug)]
struct Addresses {
    context: Context,
    first: u64,
    len: usize,
}

impl Addresses {
    fn reserve(context: &Context, len: usize) -> Result<Addresses> {
        let entered = context.enter()?;
        let mut first = 0;
        // SAFETY: I17: `first` is a live integer.
        unsafe { entered.table.mem_address_reserve(&mut first, len, 0, 0, 0) }?;
        Ok(Addresses {
            context: context.clone(),
            first,
            len,
        })
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15: reserved once, freed once here, after what was mapped there.
            let _ = unsafe { entered.table.mem_address_free(self.first, self.len) };
        }
    }
}

/// The memory at its addresses.
#[derive(Debug)]
struct Mapped {
    context: Context,
    first: u64,
    len: usize,
}

impl Mapped {
    fn new(addresses: &Addresses, allocation: &Allocation) -> Result<Mapped> {
        let entered = addresses.context.enter()?;
        let (first, len) = (addresses.first, addresses.len);
        // SAFETY: I15: both are ours, and outlive the mapping.
        unsafe { entered.table.mem_map(first, len, 0, allocation.handle, 0) }?;
        Ok(Mapped {
            context: addresses.context.clone(),
            first,
            len,
        })
    }

    fn allow(&self, access: Access) -> Result<()> {
        let entered = self.context.enter()?;
        let access = CUmemAccessDesc {
            location: CUmemLocation::of(self.context.device_handle()),
            flags: match access {
                Access::Read => CU_MEM_ACCESS_FLAGS_PROT_READ,
                Access::ReadWrite => CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
            },
        };
        // SAFETY: I15, I17: the range is mapped; `access` is one live description.
        unsafe {
            entered
                .table
                .mem_set_access(self.first, self.len, &access, 1)
        }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Ok(entered) = self.context.enter() {
            // SAFETY: I15, I16: mapped once, unmapped once here, when its owner knows that no
            // work is left.
            let _ = unsafe { entered.table.mem_unmap(self.first, self.len) };
        }
    }
}
