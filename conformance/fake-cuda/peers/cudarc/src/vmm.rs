//! Two processes: memory by a descriptor, and order by words in it (timeline).

use std::io::{BufRead, BufReader};
use std::os::fd::AsRawFd;
use std::process::{Command, Stdio};

use cudarc::driver::{CudaContext, sys};

use crate::Result;
use crate::check::{Checks, pattern};
use crate::memory::{filled, forever, owned, read, wait_value, write, write_value};

const POSIX_FD: sys::CUmemAllocationHandleType =
    sys::CUmemAllocationHandleType::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
const PIXELS: usize = 1 << 20;
/// Behind the pixels: the parent counts in the first word, the child in the second.
const PARENTS: u64 = PIXELS as u64;
const CHILDS: u64 = PARENTS + 64;
const ROUNDS: u64 = 5;

/// Both sides have everything on their streams before either may go on.
pub fn parent(checks: &mut Checks) -> Result<()> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let prop = prop();
    let granularity = sys::CUmemAllocationGranularity_flags::CU_MEM_ALLOC_GRANULARITY_MINIMUM;
    // SAFETY: I17: a place for the size.
    let unit =
        filled(|unit| unsafe { sys::cuMemGetAllocationGranularity(unit, &prop, granularity) })?;
    let bytes = (PIXELS + 128).next_multiple_of(unit);
    // SAFETY: I17: a place for the handle.
    let handle = filled(|handle| unsafe { sys::cuMemCreate(handle, bytes, &prop, 0) })?;
    let memory = Mapped::new(handle, bytes)?;
    // SAFETY: I17: a place for the descriptor.
    let fd = filled(|fd: *mut i32| unsafe {
        sys::cuMemExportToShareableHandle(fd.cast(), handle, POSIX_FD, 0)
    })?;
    write(&stream, memory.at + PARENTS, forever(vec![0; 128]))?;
    stream.synchronize()?;

    let mut child = Command::new(std::env::current_exe()?)
        .arg("vmm-child")
        .stdin(Stdio::from(owned(fd)))
        .stdout(Stdio::piped())
        .spawn()?;
    let mut from_child = BufReader::new(child.stdout.take().expect("piped")).lines();
    let said = from_child
        .next()
        .unwrap_or(Ok("the child has ended".into()))?;
    checks.equal("the child", said.as_str(), "waiting")?;
    for round in 1..=ROUNDS {
        write(&stream, memory.at, forever(pattern(round as u32, PIXELS)))?;
        write_value(&stream, memory.at + PARENTS, round)?;
        wait_value(&stream, memory.at + CHILDS, round)?;
        let wanted = pattern(!round as u32, PIXELS);
        checks.bytes(
            "the child's bytes",
            &read(&stream, memory.at, PIXELS)?,
            &wanted,
        )?;
    }
    checks.equal("the child's end", child.wait()?.code(), Some(0))?;
    memory.unmap()
}

/// Reads and writes in turn with the parent. The first wait begins before there is anything to
/// wait for.
pub fn child() -> Result<()> {
    let context = CudaContext::new(0)?;
    let stream = context.new_stream()?;
    let fd = std::io::stdin().as_raw_fd();
    let shared = std::ptr::without_provenance_mut(fd as usize);
    // SAFETY: I17: a place for the handle; the descriptor is our stdin.
    let handle =
        filled(|handle| unsafe { sys::cuMemImportFromShareableHandle(handle, shared, POSIX_FD) })?;
    let unit = 2 << 20;
    let memory = Mapped::new(handle, (PIXELS + 128).next_multiple_of(unit))?;
    for round in 1..=ROUNDS {
        wait_value(&stream, memory.at + PARENTS, round)?;
        if round == 1 {
            println!("waiting");
        }
        if read(&stream, memory.at, PIXELS)? != pattern(round as u32, PIXELS) {
            return Err(format!("round {round}: other bytes than the parent wrote").into());
        }
        write(&stream, memory.at, forever(pattern(!round as u32, PIXELS)))?;
        write_value(&stream, memory.at + CHILDS, round)?;
    }
    stream.synchronize()?;
    memory.unmap()
}

/// Memory at an address, readable and writable.
struct Mapped {
    handle: sys::CUmemGenericAllocationHandle,
    at: sys::CUdeviceptr,
    bytes: usize,
}

impl Mapped {
    fn new(handle: sys::CUmemGenericAllocationHandle, bytes: usize) -> Result<Self> {
        // SAFETY: I17: a place for the address.
        let at = filled(|at| unsafe { sys::cuMemAddressReserve(at, bytes, 0, 0, 0) })?;
        // SAFETY: I15: range and handle are ours.
        unsafe { sys::cuMemMap(at, bytes, 0, handle, 0) }.result()?;
        let access = sys::CUmemAccessDesc {
            location: device(),
            flags: sys::CUmemAccess_flags::CU_MEM_ACCESS_FLAGS_PROT_READWRITE,
        };
        // SAFETY: I15: as above.
        unsafe { sys::cuMemSetAccess(at, bytes, &access, 1) }.result()?;
        Ok(Self { handle, at, bytes })
    }

    fn unmap(self) -> Result<()> {
        // SAFETY: I16: the stream was waited for.
        unsafe { sys::cuMemUnmap(self.at, self.bytes) }.result()?;
        // SAFETY: I15: nothing is mapped there any more.
        unsafe { sys::cuMemAddressFree(self.at, self.bytes) }.result()?;
        // SAFETY: I15: it is not used again.
        unsafe { sys::cuMemRelease(self.handle) }.result()?;
        Ok(())
    }
}

fn device() -> sys::CUmemLocation {
    sys::CUmemLocation {
        type_: sys::CUmemLocationType::CU_MEM_LOCATION_TYPE_DEVICE,
        id: 0,
    }
}

fn prop() -> sys::CUmemAllocationProp {
    sys::CUmemAllocationProp {
        type_: sys::CUmemAllocationType::CU_MEM_ALLOCATION_TYPE_PINNED,
        requestedHandleTypes: POSIX_FD,
        location: device(),
        win32HandleMetaData: std::ptr::null_mut(),
        allocFlags: sys::CUmemAllocationProp_st__bindgen_ty_1 {
            compressionType: 0,
            gpuDirectRDMACapable: 0,
            usage: 0,
            reserved: [0; 4],
        },
    }
}
