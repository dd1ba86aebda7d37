//! Files that hold bytes of the GPU: some with a name for other processes, some without.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::os::fd::AsRawFd;
use std::path::Path;

/// Makes a file of `bytes` that other processes can open by `path`.
pub fn create_file(path: &Path, bytes: u64) -> Option<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(path)
        .ok()?;
    file.set_len(bytes).ok()?;
    Some(file)
}

/// Memory of `bytes` without a name, with a mark by which its descriptor is known. It cannot shrink
/// under those who map it, as a DMA-BUF cannot.
pub fn create_memfd(bytes: u64) -> Option<File> {
    let name = CString::new(MARK).ok()?;
    // SAFETY: a name that ends in a NUL.
    let fd =
        unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    if fd < 0 {
        return None;
    }
    // SAFETY: the call made this descriptor for us.
    let file: File = unsafe { std::os::fd::FromRawFd::from_raw_fd(fd) };
    file.set_len(bytes).ok()?;
    // SAFETY: a descriptor of ours, and plain numbers.
    let sealed = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_SHRINK) };
    (sealed == 0).then_some(file)
}

const MARK: &str = "fake-cuda-memory";

/// True if `file` is memory that this driver made, in whatever process.
pub fn is_marked(file: &File) -> bool {
    let link = std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
    link.is_ok_and(|link| link.to_string_lossy().contains(MARK))
}
