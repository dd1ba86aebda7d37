//! What a DMA-BUF is asked besides what every descriptor is.

use std::ffi::c_ulong;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;
use rustix::ioctl::{Setter, ioctl, opcode};

/// What the processor is going to do with the memory of a DMA-BUF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It looks at it.
    Read = 1,
    /// It changes it.
    Write = 2,
}

/// `DMA_BUF_SYNC_END`; `DMA_BUF_SYNC_START` is 0.
const END: u64 = 1 << 2;
/// `DMA_BUF_IOCTL_SYNC`, which takes a `struct dma_buf_sync`: these flags.
const SYNC: rustix::ioctl::Opcode = opcode::write::<u64>(b'b', 0);

/// The processor's access begins: caches are made to agree with the device. `ENOTTY`: no DMA-BUF.
pub fn sync_start(fd: BorrowedFd<'_>, access: Access) -> io::Result<()> {
    sync(fd, access as u64)
}

/// The processor's access is over.
pub fn sync_end(fd: BorrowedFd<'_>, access: Access) -> io::Result<()> {
    sync(fd, access as u64 | END)
}

fn sync(fd: BorrowedFd<'_>, flags: u64) -> io::Result<()> {
    loop {
        // SAFETY: the kernel reads the 8 bytes of `struct dma_buf_sync`, which the setter holds, and
        // writes nothing.
        let request = unsafe { Setter::<SYNC, u64>::new(flags) };
        // SAFETY: as above; a descriptor of something else answers ENOTTY, or takes 8 bytes by the
        // same number's definition.
        match unsafe { ioctl(fd, request) } {
            // The documentation says that it may have to be asked again.
            Err(Errno::AGAIN | Errno::INTR) => {}
            other => return Ok(other?),
        }
    }
}

/// `struct udmabuf_create`.
#[repr(C)]
struct UdmabufCreate {
    memfd: u32,
    flags: u32,
    offset: u64,
    size: u64,
}

/// `UDMABUF_FLAGS_CLOEXEC`.
const UDMABUF_CLOEXEC: u32 = 1;
const UDMABUF_CREATE: rustix::ioctl::Opcode = opcode::write::<UdmabufCreate>(b'u', 0x42);

/// A DMA-BUF over the first `size` bytes of a memfd that cannot shrink. `device` is /dev/udmabuf.
pub fn udmabuf_create(
    device: BorrowedFd<'_>,
    memfd: BorrowedFd<'_>,
    size: usize,
) -> io::Result<OwnedFd> {
    let request = UdmabufCreate {
        memfd: memfd.as_raw_fd() as u32,
        flags: UDMABUF_CLOEXEC,
        offset: 0,
        size: size as u64,
    };
    let number = c_ulong::from(UDMABUF_CREATE);
    // SAFETY: the kernel reads the structure that it has for this number, which lives meanwhile.
    let made = unsafe { libc::ioctl(device.as_raw_fd(), number, &raw const request) };
    if made < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(made) })
}

/// `struct dma_heap_allocation_data`.
#[repr(C)]
struct HeapAllocation {
    len: u64,
    fd: u32,
    fd_flags: u32,
    heap_flags: u64,
}

const HEAP_ALLOC: rustix::ioctl::Opcode = opcode::read_write::<HeapAllocation>(b'H', 0);

/// A DMA-BUF of `size` bytes of a heap.
pub fn heap_allocate(heap: BorrowedFd<'_>, size: usize) -> io::Result<OwnedFd> {
    let mut request = HeapAllocation {
        len: size as u64,
        fd: 0,
        fd_flags: (libc::O_RDWR | libc::O_CLOEXEC) as u32,
        heap_flags: 0,
    };
    let number = c_ulong::from(HEAP_ALLOC);
    // SAFETY: the kernel reads and writes the structure that it has for this number, which lives
    // meanwhile and is borrowed by nobody else.
    let made = unsafe { libc::ioctl(heap.as_raw_fd(), number, &raw mut request) };
    if made < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call made this descriptor, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(request.fd as i32) })
}
