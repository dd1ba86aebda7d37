//! Frames on a GPU: the same frames as in host memory, and what is said about them. Run by
//! `ci/fake-cuda.sh cargo test -p cuframes-cli`; without a simulated GPU each test says that it
//! was skipped.

use std::io::Write;
use std::process::Output;

use serde_json::Value;

use crate::support::{Place, Running, assert_code, noise, parse, text};

const MEMORIES: [&str; 2] = ["cuda_ipc", "cuda_vmm"];
const SYNCS: [&str; 3] = ["cpu", "event", "timeline"];
/// What publishes for one reader that may miss nothing.
const TO_ONE: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1";

/// True on a simulated GPU, and on a real one that ci/gpu-check.sh has found; else says that
/// `test` was skipped.
pub fn has_gpu(test: &str) -> bool {
    let is_set = |name| std::env::var_os(name).is_some();
    let there = is_set("FAKE_CUDA_DIR") || is_set("CUFRAMES_REAL_GPU");
    if !there {
        // Past the test harness, which shows nothing of a test that passes.
        let line = format!("skipped: {test}: no simulated GPU; run ci/fake-cuda.sh cargo test\n");
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    there
}

/// Publishes by `line` while one reader has `options`; both end well.
fn through(place: &Place, line: &str, input: Option<&[u8]>, options: &str) -> (Output, Output) {
    let line = format!("publish --key KEY {line} {TO_ONE} --json");
    let publisher = match input {
        Some(input) => place.start_with(&format!("{line} -"), input.to_vec()),
        None => place.start(&line),
    };
    let read = place.run(&format!("sub KEY --strict {options}"));
    let published = publisher.output();
    assert_code(&read, 0);
    assert_code(&published, 0);
    (published, read)
}

fn publisher(place: &Place, options: &str) -> Running {
    place.start(&format!(
        "publish --key KEY --test-pattern 64x48@100 -q {options}"
    ))
}

#[test]
fn raw_frames_are_those_of_host_memory_by_every_pair() {
    const FRAMES: usize = 40;
    if !has_gpu("raw_frames_are_those_of_host_memory_by_every_pair") {
        return;
    }
    for (seed, format) in ["nv12", "p010le", "yuv420p", "bgr0"]
        .into_iter()
        .enumerate()
    {
        let shape: cuframes::Format = format.parse().expect("a format");
        let size = usize::try_from(shape.packed_size(70, 34)).expect("a small frame");
        let input = noise(size * FRAMES, seed as u64);
        let line = format!("--size 70x34 --format {format} --fps 30");
        for memory in MEMORIES {
            for sync in SYNCS {
                let pair = format!("{format} {memory} {sync}");
                let line = format!("{line} --memory {memory} --sync {sync}");
                let (published, read) = through(&Place::new(), &line, Some(&input), "--cuda -o -");
                let report = parse(&published.stdout);
                assert_eq!(
                    (&report["memory"], &report["sync"]),
                    (&memory.into(), &sync.into())
                );
                assert_eq!(report["published"], FRAMES, "{pair}");
                assert_eq!(report["dropped"], 0, "{pair}");
                assert_eq!(read.stdout.len(), input.len(), "{pair}");
                assert!(read.stdout == input, "{pair}: other bytes");
            }
        }
    }
}

#[test]
fn the_pattern_has_the_checksums_of_host_memory_by_every_pair() {
    const FRAMES: usize = 60;
    if !has_gpu("the_pattern_has_the_checksums_of_host_memory_by_every_pair") {
        return;
    }
    let pattern = format!("--test-pattern 333x111@1000 --frames {FRAMES}");
    let (_, host) = through(&Place::new(), &pattern, None, "--framemd5");
    assert_eq!(text(&host.stdout).lines().count(), 10 + FRAMES);
    for memory in MEMORIES {
        for sync in SYNCS {
            let line = format!("{pattern} --memory {memory} --sync {sync}");
            let (_, read) = through(&Place::new(), &line, None, "--cuda --framemd5");
            assert_eq!(text(&read.stdout), text(&host.stdout), "{memory} {sync}");
        }
    }
}

#[test]
fn ls_and_info_say_where_frames_are() {
    if !has_gpu("ls_and_info_say_where_frames_are") {
        return;
    }
    let place = Place::new();
    let _publisher = publisher(&place, "--memory cuda_vmm --sync timeline --cuda-device 1");
    assert_code(&place.run("sub KEY --cuda --frames 1"), 0);
    let info = place.json("info KEY --json");
    assert_eq!(info["memory"], "cuda_vmm");
    assert_eq!(info["sync"], "timeline");
    let device = info["device"].as_str().expect("a uuid");
    assert!(device.starts_with("GPU-"), "{device}");
    let rows = place.json("ls --json");
    assert_eq!(rows[0]["memory"], "cuda_vmm");
    assert_eq!(rows[0]["sync"], "timeline");
    let told = text(&place.run("info KEY").stdout);
    let line = format!("memory      cuda_vmm on {device}, sync timeline\n");
    assert!(told.contains(&line), "{told}");
    let listed = text(&place.run("ls").stdout);
    assert!(listed.contains("cuda_vmm (timeline)"), "{listed}");
}

#[test]
fn a_reader_takes_the_gpu_that_it_asked_for() {
    if !has_gpu("a_reader_takes_the_gpu_that_it_asked_for") {
        return;
    }
    let place = Place::new();
    let _publisher = publisher(&place, "--memory cuda_vmm --sync cpu --cuda-device 1");
    assert_code(&place.run("sub KEY --cuda --frames 2"), 0);
    assert_code(&place.run("sub KEY --cuda-device 1 --frames 2"), 0);
    let said = assert_code(&place.run("sub KEY --cuda-device 0 --frames 2"), 4);
    assert!(said.contains("refused") && said.contains("GPU-"), "{said}");
    let said = assert_code(&place.run("sub KEY --frames 2"), 4);
    assert!(said.contains("CUDA VMM memory"), "{said}");
}

#[test]
fn what_auto_chose_is_said_unless_quiet() {
    if !has_gpu("what_auto_chose_is_said_unless_quiet") {
        return;
    }
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@1000 --frames 3";
    let said = assert_code(&place.run(&format!("{line} --memory auto")), 0);
    let choice = format!("{}: memory cuda_vmm, sync timeline\n", place.key);
    assert!(said.contains(&choice), "{said}");
    let said = assert_code(&place.run(&format!("{line} --memory cuda_ipc")), 0);
    assert!(said.contains("memory cuda_ipc, sync timeline"), "{said}");
    let said = assert_code(&place.run(&format!("{line} --memory auto -q")), 0);
    assert_eq!(said, "");
    // Nothing was chosen.
    let asked = format!("{line} --memory cuda_vmm --sync cpu");
    let said = assert_code(&place.run(&asked), 0);
    assert!(!said.contains("memory"), "{said}");
}

#[test]
fn a_driver_that_fails_has_its_own_exit_code() {
    if !has_gpu("a_driver_that_fails_has_its_own_exit_code") {
        return;
    }
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@1000 --frames 50 --json";
    let mut command = place.command(&format!("{line} --memory cuda_vmm --sync timeline"));
    command.env("FAKE_CUDA_FAULT", "cuMemcpy2DAsync_v2:11:700");
    let output = Running::of(command.spawn().expect("the program starts")).output();
    let said = assert_code(&output, 13);
    assert!(said.contains("CUDA_ERROR_ILLEGAL_ADDRESS (700)"), "{said}");
    let report = parse(&output.stdout);
    assert_eq!(report["ended"], "cuda");
    // Two copies are of the probe, then NV12 has two planes: the eleventh is of the fifth frame.
    assert_eq!(report["published"], 4);
}

/// Runs a line as on a machine without a driver.
fn without_driver(place: &Place, line: &str) -> Output {
    let mut command = place.command(line);
    command.env_remove("LD_LIBRARY_PATH");
    Running::of(command.spawn().expect("the program starts")).output()
}

#[test]
fn without_a_driver_there_is_host_memory() {
    let place = Place::new();
    let line = "publish --key KEY --test-pattern 64x48@1000 --frames 3";
    let said = assert_code(
        &without_driver(&place, &format!("{line} --memory cuda_vmm")),
        14,
    );
    assert!(said.contains("install the NVIDIA driver"), "{said}");
    let output = without_driver(&place, &format!("{line} --memory auto --json"));
    let said = assert_code(&output, 0);
    assert!(said.contains("memory host, sync cpu"), "{said}");
    assert!(said.contains("install the NVIDIA driver"), "{said}");
    assert_eq!(parse(&output.stdout)["memory"], Value::from("host"));
    let said = assert_code(
        &without_driver(&place, &format!("{line} --sync timeline")),
        2,
    );
    assert!(said.contains("host memory"), "{said}");
}

#[test]
fn without_a_driver_a_reader_still_reads_host_memory() {
    let place = Place::new();
    let _publisher = publisher(&place, "--memory host");
    assert_code(&without_driver(&place, "sub KEY --cuda --frames 2"), 0);
    let said = assert_code(
        &without_driver(&place, "sub KEY --cuda-device 0 --frames 2"),
        14,
    );
    assert!(said.contains("install the NVIDIA driver"), "{said}");
}
