//! What needs FFmpeg is done by a program of its own, so that this one starts without it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use cuframes_cli::exit::Failure;

const PROGRAM: &str = "cuframes-media";

/// Becomes the program for media, with the same arguments. Returns only if that fails.
pub fn replace() -> Failure {
    let mut command = Command::new(find());
    let error = command.args(std::env::args_os().skip(1)).exec();
    match error.kind() {
        io::ErrorKind::NotFound => Failure::NotInstalled(PROGRAM),
        _ => Failure::io(format!("start {PROGRAM}"))(error),
    }
}

/// The one beside this program, which is as old as it is; else whichever is in PATH.
fn find() -> OsString {
    let here = std::env::current_exe().ok();
    let beside = here.and_then(|path| Some(path.parent()?.join(PROGRAM)));
    let there = beside.filter(|path| path.exists());
    there.map_or_else(|| PROGRAM.into(), PathBuf::into_os_string)
}
