//! What kind of place this process runs in: namespaces, limits, and where its own files are.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustix::process::{Resource, getrlimit};

/// The identity of a namespace of this process, `pid` or `ipc` for example; two processes with
/// the same are in the same one.
pub fn namespace(kind: &str) -> Option<u64> {
    let link = std::fs::metadata(format!("/proc/self/ns/{kind}"));
    link.ok().map(|found| found.ino())
}

/// The pid values of this process: in its own PID namespace last, in outer ones before it.
pub fn pid_values() -> Vec<u32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let values = lines.find_map(|line| line.strip_prefix("NSpid:"));
    let values = values.unwrap_or_default().split_whitespace();
    values.filter_map(|value| value.parse().ok()).collect()
}

/// The identity of the file system at `path`; two processes with the same share it.
pub fn file_system(path: &str) -> Option<u64> {
    std::fs::metadata(path).ok().map(|found| found.dev())
}

/// Bytes of memory that this process may lock; `None` is no limit.
pub fn locked_memory_limit() -> Option<u64> {
    getrlimit(Resource::Memlock).current
}

/// Descriptors that this process may have; `None` is no limit.
pub fn descriptor_limit() -> Option<u64> {
    getrlimit(Resource::Nofile).current
}

/// The folder of the file that this code was loaded from: a program, or the shared library.
pub fn own_folder() -> Option<PathBuf> {
    let mut found = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: std::ptr::null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: std::ptr::null_mut(),
    };
    let here = own_folder as *const ();
    // SAFETY: `found` is live; any address may be asked for.
    let known = unsafe { libc::dladdr(here.cast(), &mut found) };
    if known == 0 || found.dli_fname.is_null() {
        return None;
    }
    // SAFETY: the loader's name of a file, which is loaded for as long as this code runs.
    let name = unsafe { CStr::from_ptr(found.dli_fname) };
    let file = PathBuf::from(OsStr::from_bytes(name.to_bytes()));
    Some(file.canonicalize().ok()?.parent()?.to_owned())
}

/// True if this program runs with rights that its caller has not: then the environment, which
/// is the caller's, must not say what is run.
pub fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: it only reads what the kernel told at the start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_somewhere() {
        assert!(namespace("pid").is_some() && namespace("ipc").is_some());
        assert_eq!(namespace("no-such-kind"), None);
        assert_eq!(pid_values().last(), Some(&std::process::id()));
        assert!(file_system("/dev/shm").is_some());
        assert_eq!(file_system("/no such place"), None);
        assert!(descriptor_limit().is_none_or(|limit| limit > 2));
    }

    #[test]
    fn this_test_was_loaded_from_its_own_program() {
        let program = std::env::current_exe().expect("the name of this program");
        assert_eq!(own_folder().as_deref(), program.parent());
        assert!(!has_more_rights_than_its_caller());
    }
}
