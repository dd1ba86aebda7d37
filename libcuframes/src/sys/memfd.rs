//! Sealed memfds: memory that has no name and whose size nobody can change.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::fs::{
    FallocateFlags, MemfdFlags, Mode, OFlags, SealFlags, fallocate, fchmod, fcntl_add_seals,
    fcntl_get_seals, memfd_create, open,
};

use super::Fd;

/// What a holder of a memfd may rely on.
pub type Seals = SealFlags;

/// A memfd of `len` bytes whose memory is committed: no later SIGBUS for want of memory.
pub fn create_memfd(name: &str, len: u64) -> io::Result<Fd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL;
    let fd = match memfd_create(name, flags) {
        // Kernels before 6.3 do not know MFD_NOEXEC_SEAL.
        Err(rustix::io::Errno::INVAL) => {
            memfd_create(name, flags.difference(MemfdFlags::NOEXEC_SEAL))
        }
        other => other,
    }?;
    fallocate(&fd, FallocateFlags::empty(), 0, len)?;
    Ok(Fd::from(fd))
}

/// Adds `seals` to `fd`.
fn seal(fd: &Fd, seals: Seals) -> io::Result<()> {
    Ok(fcntl_add_seals(fd, seals)?)
}

/// Seals a page that both sides write: its size is fixed, and so are its seals.
pub fn seal_page(fd: &Fd) -> io::Result<()> {
    seal(fd, Seals::SHRINK | Seals::GROW | Seals::SEAL)
}

/// True if `fd` has at least `wanted`; more seals are welcome, a file without seals has none.
pub fn has_seals(fd: impl AsFd, wanted: Seals) -> bool {
    fcntl_get_seals(fd).is_ok_and(|seals| seals.contains(wanted))
}

/// Closes a memfd that is already mapped writable to every further writer, then opens the
/// read-only description that peers get. (At mode 0777 any holder could reopen it writable.)
pub fn publish_read_only(fd: &Fd) -> io::Result<Fd> {
    fchmod(fd, Mode::RUSR)?;
    seal(
        fd,
        Seals::SHRINK | Seals::GROW | Seals::FUTURE_WRITE | Seals::SEAL,
    )?;
    reopen(fd, OFlags::RDONLY)
}

/// A writable description of the same file, to map it by. A map keeps its description alive,
/// in forked children too, and with it any lock on it: what is locked is not to be mapped.
pub fn reopen_to_map(fd: &Fd) -> io::Result<Fd> {
    reopen(fd, OFlags::RDWR)
}

fn reopen(fd: &Fd, access: OFlags) -> io::Result<Fd> {
    let path = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
    Ok(Fd::from(open(
        path,
        access | OFlags::CLOEXEC,
        Mode::empty(),
    )?))
}
