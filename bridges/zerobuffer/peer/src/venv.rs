//! The peer, installed where nothing else is touched: a virtual environment in the target
//! directory, made once for all the tests that share it.

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The version that the tests talk to: the newest one, and of the same code as the peer's
/// repository.
pub const PEER_VERSION: &str = "1.3.0";

/// The interpreter that has the peer.
///
/// # Panics
/// If it cannot be installed; the message has pip's output and says what to do.
pub fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| environment().unwrap_or_else(|why| panic!("{why}")))
}

/// The environment, made if it is not there or if who made it did not come to the end.
fn environment() -> Result<PathBuf, String> {
    let folder = target_directory()?.join("zerobuffer-peer");
    fs::create_dir_all(&folder).map_err(told("make", &folder))?;
    let lock_path = folder.join("lock");
    let lock = File::create(&lock_path).map_err(told("make", &lock_path))?;
    // Held until the file is closed: tests of several packages may get here at once.
    lock.lock().map_err(told("lock", &lock_path))?;
    let venv = folder.join(format!("venv-{PEER_VERSION}"));
    let python = venv.join("bin/python");
    let marker = venv.join("complete");
    // An interpreter that was replaced or removed since leaves a link to nowhere.
    if !marker.exists() || !python.exists() {
        install(&venv, &python)?;
        let mut file = File::create(&marker).map_err(told("make", &marker))?;
        let sealed = file
            .write_all(PEER_VERSION.as_bytes())
            .and_then(|()| file.sync_all());
        sealed.map_err(told("write", &marker))?;
    }
    Ok(python)
}

fn install(venv: &Path, python: &Path) -> Result<(), String> {
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(venv);
    run(
        make,
        "Install python3 and python3-venv (ci/install.sh does).",
    )?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]);
    pip.arg(format!("zerobuffer-ipc[linux]=={PEER_VERSION}"))
        .arg("pydantic");
    run(pip, "The tests need the package index once.")?;
    // Without this library the peer's counters are silently not atomic, and what it loses
    // would look like our fault.
    let mut check = Command::new(python);
    check.args([
        "-c",
        "import ctypes, zerobuffer; ctypes.CDLL('libatomic.so.1')",
    ]);
    run(check, "The peer needs libatomic1 (ci/install.sh has it).")
}

fn run(mut command: Command, remedy: &str) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("the peer cannot be installed: {command:?}: {error}. {remedy}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "the peer cannot be installed: {command:?}: {}. {remedy} It said:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        )),
    }
}

/// Where cargo put the running test; it marks the directory for programs that make backups.
fn target_directory() -> Result<PathBuf, String> {
    let program = env::current_exe().map_err(|error| format!("who am I: {error}"))?;
    let mut folders = program.ancestors();
    folders
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .map(Path::to_owned)
        .ok_or_else(|| format!("{} is in no target directory of cargo", program.display()))
}

fn told(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> String {
    let path = path.display().to_string();
    move |error| format!("the peer cannot be installed: {what} {path}: {error}")
}
