//! What `doctor` finds, and every reason that it can give, each produced by a fault.

mod cases;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use self::cases::CASES;
use crate::cuda::has_gpu;
use crate::support::{Place, Running, assert_code, parse, text};

/// Pairs by what they need.
const ALL: [&str; 6] = [
    "cuda_vmm+timeline",
    "cuda_vmm+cpu",
    "cuda_vmm+event",
    "cuda_ipc+timeline",
    "cuda_ipc+cpu",
    "cuda_ipc+event",
];
const VMM: [&str; 3] = ["cuda_vmm+timeline", "cuda_vmm+cpu", "cuda_vmm+event"];
const IPC: [&str; 3] = ["cuda_ipc+timeline", "cuda_ipc+cpu", "cuda_ipc+event"];
const EVENT: [&str; 2] = ["cuda_vmm+event", "cuda_ipc+event"];
const BY_HELPER: [&str; 4] = [
    "cuda_vmm+event",
    "cuda_ipc+timeline",
    "cuda_ipc+cpu",
    "cuda_ipc+event",
];
const TIMELINE: [&str; 2] = ["cuda_vmm+timeline", "cuda_ipc+timeline"];

/// The program that tries CUDA IPC. It is the library's, which cargo does not build for us.
fn helper() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "-q", "-p", "libcuframes", "--bin"]);
        let built = build.arg("cuframes-ipc-probe").status();
        assert!(built.expect("cargo runs").success());
        let program = Path::new(env!("CARGO_BIN_EXE_cuframes"));
        program.with_file_name("cuframes-ipc-probe")
    })
}

/// `doctor` on a simulated machine of its own: `options` are those of ci/fake-cuda.sh.
fn on(place: &Place, options: &[&str], variables: &[(&str, &str)], line: &str) -> Output {
    let doctor = place.command(&format!("doctor {line}"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ci/fake-cuda.sh");
    let mut command = Command::new(script);
    command
        .args(options)
        .arg("--")
        .arg(doctor.get_program())
        .args(doctor.get_args())
        .env_remove("LD_LIBRARY_PATH")
        .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
        .env("CUFRAMES_PROBE", helper())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Running::of(command.spawn().expect("a simulated GPU")).output()
}

/// The program as it is, with variables.
fn alone(place: &Place, variables: &[(&str, &str)], line: &str) -> Output {
    let mut command = place.command(&format!("doctor {line}"));
    command.env_remove("LD_LIBRARY_PATH");
    command.envs(variables.iter().copied());
    Running::of(command.spawn().expect("the program starts")).output()
}

/// What is said of `pair`: outcome, reason and remedy.
fn verdict<'a>(report: &'a Value, pair: &str) -> (&'a str, &'a str, &'a str) {
    let mut pairs = report["pairs"].as_array().expect("a list").iter();
    let found = pairs.find(|verdict| verdict["pair"] == pair).expect(pair);
    let word = |name: &str| found[name].as_str().unwrap_or_default();
    (word("outcome"), word("reason"), word("remedy"))
}

/// Just the pairs of `failing` do not work, for that reason and with that remedy.
fn assert_fails(report: &Value, failing: &[&str], outcome: &str, reason: &str, remedy: &str) {
    for pair in ALL {
        let found = verdict(report, pair);
        if failing.contains(&pair) {
            assert_eq!(found.0, outcome, "{pair}: {found:?}");
            assert!(found.1.contains(reason), "{pair}: {found:?}");
            assert!(found.2.contains(remedy), "{pair}: {found:?}");
        } else {
            assert_eq!(found, ("works", "", ""), "{pair}");
        }
    }
    assert_eq!(verdict(report, "host+cpu"), ("works", "", ""));
}

#[test]
fn every_reason_has_a_fault_that_produces_it() {
    if !has_gpu("every_reason_has_a_fault_that_produces_it") {
        return;
    }
    let place = Place::new();
    for case in &CASES {
        let output = on(&place, case.options, case.variables, "--json");
        assert_code(&output, 0);
        let report = parse(&output.stdout);
        assert_fails(&report, case.failing, "fails", case.reason, case.remedy);
    }
}

#[test]
fn without_a_helper_that_works_ipc_is_not_probed() {
    if !has_gpu("without_a_helper_that_works_ipc_is_not_probed") {
        return;
    }
    let place = Place::new();
    for (program, reason, remedy) in [
        (
            "/no/such/program",
            "not probed: helper not found at /no/such/program",
            "install cuframes-ipc-probe, or name it in CUFRAMES_PROBE",
        ),
        (
            "/bin/false",
            "not probed: /bin/false gave no answer",
            "reinstall cuframes-ipc-probe, or correct CUFRAMES_PROBE",
        ),
    ] {
        let output = on(&place, &[], &[("CUFRAMES_PROBE", program)], "--json");
        assert_code(&output, 0);
        let report = parse(&output.stdout);
        assert_fails(&report, &BY_HELPER, "not_probed", reason, remedy);
        let line = "--require cuda_ipc+cpu";
        let said = assert_code(&on(&place, &[], &[("CUFRAMES_PROBE", program)], line), 14);
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn a_healthy_machine_is_told_in_full() {
    if !has_gpu("a_healthy_machine_is_told_in_full") {
        return;
    }
    let place = Place::new();
    let all = ALL.map(|pair| format!("--require {pair}")).join(" ");
    let output = on(
        &place,
        &[],
        &[],
        &format!("--json {all} --require host+cpu"),
    );
    assert_code(&output, 0);
    let report = parse(&output.stdout);
    assert_fails(&report, &[], "", "", "");
    assert_eq!(report["driver"]["cuda"], "12.4");
    assert_eq!(report["run_dir"], place.dir.path().display().to_string());
    assert_eq!(report["ipc_helper"], helper().display().to_string());
    let devices = report["devices"].as_array().expect("a list");
    assert_eq!(devices.len(), 2);
    for device in devices {
        let uuid = device["uuid"].as_str().expect("a uuid");
        assert!(uuid.starts_with("GPU-66616b65-"), "{uuid}");
        assert_eq!(device["mig"], false);
        for what in [
            "vmm",
            "vmm_descriptors",
            "ipc_events",
            "stream_memory_operations_64",
        ] {
            assert_eq!(device[what], true, "{what}");
        }
    }
    let told = on(&place, &[], &[], "");
    assert_code(&told, 0);
    let told = text(&told.stdout);
    assert!(told.contains("driver      CUDA 12.4\n"), "{told}");
    assert_eq!(told.matches("  works  ").count(), ALL.len() + 1, "{told}");
}

#[test]
fn a_device_that_is_not_there_is_named() {
    if !has_gpu("a_device_that_is_not_there_is_named") {
        return;
    }
    let output = on(&Place::new(), &[], &[], "--json --cuda-device 7");
    assert_code(&output, 0);
    let reason = "there is no CUDA device 7; 2 are visible";
    let remedy = "check CUDA_VISIBLE_DEVICES, and give the container access to the GPU";
    assert_fails(&parse(&output.stdout), &ALL, "fails", reason, remedy);
}

#[test]
fn too_few_descriptors_are_the_kernels_answer() {
    if !has_gpu("too_few_descriptors_are_the_kernels_answer") {
        return;
    }
    // How many are just too few for a trial depends on what this process was started with.
    let place = Place::new();
    let mut by_kernel = 0;
    for limit in 4..9 {
        let doctor = env!("CARGO_BIN_EXE_cuframes");
        let line = format!("ulimit -n {limit}; exec {doctor} doctor --json");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &line]).env("CUFRAMES_PROBE", helper());
        command.env("CUFRAMES_RUNTIME_DIR", place.dir.path());
        let output = command.output().expect("a shell");
        // No time-out and no crash: host memory fails as well.
        let said = assert_code(&output, 14);
        assert!(said.contains("Too many open files"), "{limit}: {said}");
        let report = parse(&output.stdout);
        by_kernel += ALL
            .iter()
            .filter(|pair| {
                let (_, reason, remedy) = verdict(&report, pair);
                reason.contains("Too many open files") && remedy.contains("ulimit -n")
            })
            .count();
    }
    assert!(by_kernel > 0);
}

#[test]
fn without_a_driver_host_memory_is_healthy() {
    let place = Place::new();
    let output = alone(&place, &[], "--json");
    assert_code(&output, 0);
    let report = parse(&output.stdout);
    let reason = "no CUDA driver found (libcuda.so.1";
    let remedy = "install the NVIDIA driver, or give the container access to the GPU";
    assert_fails(&report, &ALL, "fails", reason, remedy);
    assert_eq!(report["devices"], Value::from(Vec::<Value>::new()));
    let process = &report["process"];
    assert!(process["pid_namespace"].is_u64() && process["dev_shm"].is_u64());
    assert!(report["limits"]["dev_shm_free"].is_u64());
    let said = assert_code(&alone(&place, &[], "--require cuda_vmm+timeline"), 14);
    assert!(
        said.contains("cuda_vmm+timeline does not work here: no CUDA driver"),
        "{said}"
    );
    assert_code(&alone(&place, &[], "--require cuda_vmm"), 2);
    // The trial on host memory leaves nothing behind.
    let left = std::fs::read_dir(place.dir.path()).expect("the directory");
    assert_eq!(left.count(), 0);
}

#[test]
fn a_driver_that_is_no_library_cannot_be_loaded() {
    let place = Place::new();
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("libcuda.so.1"), "no library").expect("a file");
    let folder = folder.path().to_str().expect("a name");
    let output = alone(&place, &[("LD_LIBRARY_PATH", folder)], "--json");
    assert_code(&output, 0);
    let report = parse(&output.stdout);
    let reason = "the CUDA driver cannot be loaded: ";
    assert_fails(
        &report,
        &ALL,
        "fails",
        reason,
        "reinstall the NVIDIA driver",
    );
}

#[test]
fn a_run_directory_that_cannot_be_used_is_the_reason() {
    let place = Place::new();
    let missing = place.dir.path().join("missing");
    let missing = missing.to_str().expect("a name");
    let output = alone(&place, &[("CUFRAMES_RUNTIME_DIR", missing)], "--json");
    let said = assert_code(&output, 14);
    assert!(
        said.contains("host+cpu does not work here: run directory"),
        "{said}"
    );
    let report = parse(&output.stdout);
    assert_eq!(report["run_dir"], Value::Null);
    let (outcome, reason, _) = verdict(&report, "host+cpu");
    assert_eq!(outcome, "fails");
    assert!(
        reason.contains(missing) && reason.contains("make it writable"),
        "{reason}"
    );
}

#[test]
fn a_key_can_be_read_or_has_the_readers_reason() {
    let place = Place::new();
    let said = assert_code(&alone(&place, &[], "--key KEY"), 3);
    assert!(said.contains("no publisher of key"), "{said}");
    let _publisher = place.start("publish --key KEY --test-pattern 64x48@100 -q");
    assert_code(&place.run("sub KEY --frames 1"), 0);
    let output = alone(&place, &[], "--key KEY");
    assert_code(&output, 0);
    let told = text(&output.stdout);
    let line = format!("key {}: can be read from here\n", place.key);
    assert!(told.contains(&line), "{told}");
}
