//! Where publishers and subscribers of this process meet.

use std::process::Command;

use bench_harness::Result;

const VARIABLE: &str = "CUFRAMES_RUNTIME_DIR";

/// Whether it is the one that everybody uses to whom no other was named.
pub fn is_shared() -> bool {
    std::env::var_os(VARIABLE).is_none()
}

/// Does it all in a child process that has a run directory of its own: nothing else on this
/// machine is met, and nothing is left over.
pub fn with_own() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(VARIABLE, dir.path())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("measuring ended with {status}").into()),
    }
}
