//! Running a probe in a process of its own on a simulated machine, and reading what it said.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cuframes::cuda::{self, Driver, Machine};
use cuframes::wire::Uuid;

/// Pairs that need a GPU.
pub const ALL_ON_GPU: usize = 6;

/// The program that tries CUDA IPC.
pub const HELPER: &str = env!("CARGO_BIN_EXE_cuframes-ipc-probe");

/// What a process said.
#[derive(Debug)]
pub struct Seen {
    lines: Vec<String>,
    /// Debug text of the outcome by "memory sync".
    pub pairs: BTreeMap<String, String>,
}

/// Says that `test` was skipped: past the harness, which shows nothing of a test that passes.
pub fn tell_skipped(test: &str, why: &str) {
    let line = format!("skipped: cuda_probe {test}: {why}\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

/// Whether this runs under ci/fake-cuda.sh.
pub fn simulated() -> bool {
    std::env::var_os("FAKE_CUDA_DIR").is_some()
}

/// The report of a process on a machine with `options` of ci/fake-cuda.sh, `None` where this
/// is not simulated itself.
pub fn on(options: &[&str], variables: &[(&str, &str)]) -> Option<Seen> {
    if !simulated() {
        let thread = std::thread::current();
        tell_skipped(
            thread.name().unwrap_or("a test"),
            "it wants ci/fake-cuda.sh",
        );
        return None;
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../ci/fake-cuda.sh");
    let mut command = Command::new(script);
    command.args(options).arg("--");
    command.arg(std::env::current_exe().expect("this test"));
    command.env_remove("LD_LIBRARY_PATH");
    command.env("CUFRAMES_PROBE", HELPER);
    command.envs(variables.iter().copied());
    Some(run(command))
}

/// The report of a process whose libraries lie in `folder`.
pub fn with_libraries_in(folder: &Path) -> Seen {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command.env("LD_LIBRARY_PATH", folder);
    run(command)
}

fn run(mut command: Command) -> Seen {
    command.args(["report_of_this_process", "--exact", "--nocapture"]);
    command.env("PROBE_CHILD", "1");
    let done = command.output().expect("a process");
    let said = String::from_utf8_lossy(&done.stdout);
    let complained = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{command:?}: {said}\n{complained}");
    Seen::new(&said)
}

impl Seen {
    fn new(said: &str) -> Seen {
        // Test harnesses put their own words before the first line.
        let lines = said.lines().filter_map(|line| line.split_once("SAYS "));
        let lines: Vec<_> = lines.map(|(_, said)| said.to_owned()).collect();
        let pairs = lines.iter().filter_map(|line| {
            let (kinds, outcome) = line.strip_prefix("PAIR ")?.split_once(": ")?;
            Some((kinds.to_owned(), outcome.to_owned()))
        });
        let pairs = pairs.collect();
        Seen { lines, pairs }
    }

    /// What came after `word`, in order.
    pub fn said(&self, word: &str) -> Vec<&str> {
        let lines = self.lines.iter();
        lines
            .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
            .collect()
    }

    /// A fact about a device.
    pub fn device(&self, ordinal: usize, fact: &str) -> &str {
        let found = self.said(&format!("DEVICE {ordinal} {fact}"));
        found.first().expect("the fact is told")
    }

    /// The pairs with this outcome, in the order of their names.
    pub fn pairs_with(&self, outcome: &str) -> Vec<&str> {
        let found = self.pairs.iter().filter(|(_, found)| *found == outcome);
        found.map(|(kinds, _)| kinds.as_str()).collect()
    }

    /// Every pair on a GPU fails for that reason, and the host's works.
    pub fn all_fail(&self, reason: &str) {
        let failing = self.pairs_with(&format!("Fails({reason})"));
        assert_eq!(failing.len(), ALL_ON_GPU, "{reason}: {self:#?}");
        assert_eq!(self.pairs_with("Works"), ["Host Cpu"]);
    }

    /// Exactly the pairs whose names contain `part` fail, for that reason.
    pub fn fail(&self, part: &str, reason: &str) {
        let failing = self.pairs_with(&format!("Fails({reason})"));
        let meant: Vec<_> = self
            .pairs
            .keys()
            .filter(|kinds| kinds.contains(part))
            .collect();
        assert_eq!(failing, meant, "{part} {reason}: {self:#?}");
        let works = self.pairs_with("Works").len();
        assert_eq!(works + failing.len(), self.pairs.len(), "{self:#?}");
    }

    /// Whether what every Linux tells about a process is there.
    pub fn machine_is_known(machine: &Machine) -> bool {
        machine.pids.last() == Some(&std::process::id())
            && machine.pid_namespace.is_some()
            && machine.ipc_namespace.is_some()
            && machine.network_namespace.is_some()
            && machine.shm.is_some()
    }
}

/// In the child: says the report, line by line.
pub fn say_report() {
    if std::env::var_os("PROBE_CHILD").is_none() {
        return;
    }
    if std::env::var_os("PROBE_FORK").is_some() {
        say_from_a_fork();
    }
    let number = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    if let Some(room) = number("PROBE_DESCRIPTORS") {
        for more in 0..room {
            with_descriptors(more, say_pairs);
        }
    }
    let report = cuda::probe_device(number("PROBE_DEVICE").unwrap_or(0));
    println!("\nSAYS DRIVER {:?}", report.driver);
    for device in &report.devices {
        let ordinal = device.ordinal;
        println!("SAYS DEVICE {ordinal} name {}", device.name);
        println!("SAYS DEVICE {ordinal} uuid {}", Uuid(device.uuid));
        println!("SAYS DEVICE {ordinal} mig {:?}", device.mig);
        println!(
            "SAYS DEVICE {ordinal} words {:?}",
            device.stream_memory_operations
        );
    }
    say_pairs_of(&report);
}

fn say_pairs() {
    say_pairs_of(&cuda::probe());
}

fn say_pairs_of(report: &cuda::Report) {
    for pair in &report.pairs {
        println!(
            "\nSAYS PAIR {:?} {:?}: {:?}",
            pair.memory, pair.sync, pair.outcome
        );
    }
}

/// A child that never calls exec asks for the driver, and uses what the parent had of it.
#[allow(unsafe_code)]
fn say_from_a_fork() {
    let driver = Driver::load().expect("a driver");
    let device = driver.devices().expect("devices").swap_remove(0);
    let context = cuda::Context::primary(&device).expect("a context");
    // SAFETY: the child only prints and leaves.
    match unsafe { libc::fork() } {
        0 => {
            println!("\nSAYS FORKED {:?}", Driver::load().map(|_| ()));
            println!("\nSAYS FORKED {:?}", context.enter().map(|_| ()));
            // Neither harness nor destructors are for the child.
            // SAFETY: it ends the child.
            unsafe { libc::_exit(0) };
        }
        child => {
            assert!(child > 0, "fork");
            // SAFETY: it waits for a child of ours.
            unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
        }
    }
}

/// Does it while so many more descriptors may be opened than are.
fn with_descriptors(more: u32, what: fn()) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    let open = std::fs::read_dir("/proc/self/fd").expect("descriptors");
    let numbers = open.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u64>().ok());
    let numbers: Vec<_> = numbers.collect();
    let mut free = (0..).filter(|number| !numbers.contains(number));
    let current = free.nth(more as usize);
    let limit = Rlimit {
        current,
        maximum: before.maximum,
    };
    setrlimit(Resource::Nofile, limit).expect("lower the limit");
    what();
    setrlimit(Resource::Nofile, before).expect("raise the limit");
}
