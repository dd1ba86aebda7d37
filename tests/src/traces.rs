//! What publishers and subscribers leave behind: files, sockets, processes.

use std::fs;
use std::path::{Path, PathBuf};

/// What every key of these tests begins with.
pub const PREFIX: &str = "ct-";

/// Segments in /dev/shm of keys that begin with `key`, temporary ones included.
pub fn segments(key: &str) -> Vec<PathBuf> {
    let prefix = format!("cuframes-{key}");
    entries(Path::new("/dev/shm"), |name| name.starts_with(&prefix))
}

/// Sockets in a run directory.
pub fn sockets(dir: &Path) -> Vec<PathBuf> {
    entries(dir, |name| name.ends_with(".sock"))
}

/// Run directories of these tests.
pub fn run_dirs() -> Vec<PathBuf> {
    entries(&std::env::temp_dir(), is_of_tests)
}

/// Removes what test processes left that were killed before they could tidy up themselves.
pub fn remove_of_the_dead() {
    let shared = entries(Path::new("/dev/shm"), is_of_tests);
    for path in run_dirs().into_iter().chain(shared) {
        if is_of_the_living(&path) {
            continue;
        }
        // Another test process may be doing the same.
        let _ = match path.is_dir() {
            true => fs::remove_dir_all(&path),
            false => fs::remove_file(&path),
        };
    }
}

/// True if the test process after which a run directory or segment is called still runs.
pub fn is_of_the_living(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    let pid = name.and_then(|name| {
        let rest = name.strip_prefix("cuframes-")?.strip_prefix(PREFIX)?;
        rest.split('-').next()
    });
    pid.is_some_and(|pid| Path::new("/proc").join(pid).exists())
}

fn is_of_tests(name: &str) -> bool {
    name.strip_prefix("cuframes-")
        .is_some_and(|key| key.starts_with(PREFIX))
}

/// Processes that run `program`.
pub fn processes(program: &Path) -> Vec<u32> {
    let numbers = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = numbers.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let runs =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == program);
    numbers.filter(runs).collect()
}

/// Open descriptors and memory maps of the process `pid`.
pub fn resources(pid: u32) -> (usize, usize) {
    let fds = fs::read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    (fds, maps.lines().count())
}

fn entries(dir: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let all = fs::read_dir(dir).into_iter().flatten().flatten();
    let wanted = all.filter(|entry| entry.file_name().to_str().is_some_and(&wanted));
    let mut found: Vec<_> = wanted.map(|entry| entry.path()).collect();
    found.sort();
    found
}
