//! What an embedding program may do: fork, without exec.

use std::io::Read;
use std::os::unix::net::UnixStream;

use cuframes_tests::WATCHDOG;
use rustix::process::{Signal, getpid, kill_process};

/// Forks. The child drops its copy of `value` and then does nothing, for as long as a test may
/// take. The parent gets the value back, and the child's pid once it has dropped its copy.
#[allow(unsafe_code)]
pub fn fork<T>(value: T) -> std::io::Result<(T, i32)> {
    let (mut ours, theirs) = UnixStream::pair()?;
    // SAFETY: the child only drops its copy, whose other threads neither allocate nor hold a
    // lock at this moment, because nothing happens to the stream meanwhile.
    match unsafe { libc::fork() } {
        -1 => Err(std::io::Error::last_os_error()),
        0 => {
            drop((ours, value));
            drop(theirs);
            std::thread::sleep(WATCHDOG);
            // A copy of a process has nothing to tidy up.
            let _ = kill_process(getpid(), Signal::KILL);
            std::process::abort()
        }
        child => {
            drop(theirs);
            // The child's end closes when it has done its part; nothing is ever sent.
            let _ = ours.read(&mut [0]);
            Ok((value, child))
        }
    }
}

/// The error of a fork that failed.
pub fn failed(error: std::io::Error) -> cuframes::Error {
    cuframes::Error::InvalidArgument(format!("fork: {error}"))
}
