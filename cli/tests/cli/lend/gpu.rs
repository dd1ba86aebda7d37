//! Frames on a GPU: lent as they are where the driver exports a DMA-BUF, else copied, and said.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cuframes::{Format, FrameLayout};
use frame_lending::consumer::{Consumer, ConsumerOptions};
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::cuda::has_gpu;
use crate::support::{Place, assert_signal, noise, parse, text, until};

use super::{Camera, LONG, lend_with, md5, plain, report, socket, subscribers};

const FRAMES: u64 = 6;
const EXPORT: &str = "cuMemGetHandleForAddressRange";
const ATTRIBUTE: &str = "cuDeviceGetAttribute";
/// The GPU of the publisher takes its time.
const LATE: (&str, &str) = ("FAKE_CUDA_DELAY_US", "2000");

/// What a run says.
struct Lent {
    last: Value,
    said: String,
    /// Numbers of the memories that frames were in.
    memories: Vec<u64>,
}

/// Lends frames to a process that said hello, and to a plain one where that is asked for. Every frame
/// has the bytes that were published.
fn lent(memory: &str, has_plain: bool, engine: &[(&str, String)]) -> Lent {
    let place = Place::new();
    let (format, width, height) = (Format::Nv12, 70, 34);
    let layout = FrameLayout::new(format, width, height).expect("a size");
    let size = layout.packed_size() as usize;
    let line = format!("--memory {memory} --sync timeline");
    let mut camera = Camera::start_with(&place, format, width, height, &line, &[LATE]);
    let mut engine = lend_with(&place, "--cuda --timeout-ms 60000", engine);
    let path = socket(&place, "engine.sock");
    let mut plain = has_plain.then(|| plain(&path, size, FRAMES));
    let consumers = 1 + usize::from(has_plain);
    let mut full = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    report(&mut engine, |report| {
        let rows = report["consumers"].as_array().expect("a list");
        rows.len() == consumers && rows.iter().any(|row| row["v"] == 1)
    });
    until("subscribe", || subscribers(&place) == consumers);
    let mut memories = Vec::new();
    let mut bytes = Vec::new();
    for number in 1..=FRAMES {
        let picture = noise(size, number);
        camera.write(&picture);
        if let Some(plain) = &mut plain {
            let told = parse(plain.read_line().as_bytes());
            assert_eq!(told["md5"], md5(&picture), "frame {number}");
        }
        let frame = full.receive(LONG).expect("it is there").expect("a frame");
        let send = frame.send().clone();
        assert_eq!(send.sequence as u64, number);
        memories.push(send.extras.expect("it said hello").buffer_id);
        frame.copy(&mut bytes).expect("it is mapped");
        assert!(bytes == picture, "frame {number}");
        let returned = frame.return_success("m", std::time::Duration::ZERO, Vec::new());
        returned.expect("it is read");
    }
    drop(full);
    let last = report(&mut engine, |report| report["gone"] == consumers);
    assert_eq!(last["sent"], FRAMES * consumers as u64);
    assert_eq!(last["returned"], last["sent"]);
    engine.signal(Signal::TERM);
    let output = engine.output();
    assert_signal(output.status, Signal::TERM);
    let said = text(&output.stderr);
    Lent {
        last,
        said,
        memories,
    }
}

/// Every frame was copied, once, and `why` is said.
fn assert_copied(lent: &Lent, why: &str) {
    assert_eq!(lent.last["copied"], FRAMES);
    assert_eq!(lent.last["keys"][0]["memory"], "host copy");
    let line = lent.said.lines().find(|line| line.contains("memory"));
    let line = line.expect("it is said");
    assert!(line.contains(": memory host copy: "), "{line}");
    assert!(line.contains(why), "{line}");
}

#[test]
fn a_dma_buf_has_the_bytes_of_each_frame_and_nothing_is_copied() {
    if !has_gpu("a_dma_buf_has_the_bytes_of_each_frame_and_nothing_is_copied") {
        return;
    }
    let lent = lent("cuda_vmm", false, &[]);
    assert_eq!(lent.last["copied"], 0);
    assert_eq!(lent.last["keys"][0]["memory"], "dma-buf");
    assert!(lent.said.contains(": memory dma-buf\n"), "{}", lent.said);
    assert_eq!(lent.memories, [1; FRAMES as usize], "one descriptor");
}

#[test]
fn a_plain_consumer_of_a_gpu_gets_a_copy_beside_one_that_gets_none() {
    if !has_gpu("a_plain_consumer_of_a_gpu_gets_a_copy_beside_one_that_gets_none") {
        return;
    }
    let lent = lent("cuda_vmm", true, &[]);
    assert_eq!(lent.last["copied"], FRAMES);
    assert_eq!(lent.memories, [1; FRAMES as usize], "one descriptor");
}

#[test]
fn memory_that_is_shared_by_ipc_is_copied() {
    if !has_gpu("memory_that_is_shared_by_ipc_is_copied") {
        return;
    }
    assert_copied(&lent("cuda_ipc", false, &[]), "CUDA IPC");
}

/// A driver without a function, in a folder of its own.
fn driver_without(function: &str) -> Option<(TempDir, String)> {
    let built = PathBuf::from(std::env::var_os("FAKE_CUDA_BUILT")?);
    let folder = tempfile::tempdir().expect("a folder");
    let library = folder.path().join("libcuda.so.1");
    fs::copy(built.join("libfake_cuda.so"), &library).expect("it is built");
    let stripped = Command::new(built.join("fake-cuda-strip"))
        .arg(function)
        .arg(&library)
        .status();
    assert!(stripped.expect("it is built").success());
    let path = folder.path().display().to_string();
    Some((folder, path))
}

#[test]
fn a_driver_that_cannot_export_is_told_and_frames_are_copied() {
    if !has_gpu("a_driver_that_cannot_export_is_told_and_frames_are_copied") {
        return;
    }
    let Some((_folder, path)) = driver_without(EXPORT) else {
        return;
    };
    let without = lent("cuda_vmm", false, &[("LD_LIBRARY_PATH", path)]);
    assert_copied(&without, &format!("has no {EXPORT}"));
    let fault = ("FAKE_CUDA_FAULT", format!("{EXPORT}:1+:801"));
    let failing = lent("cuda_vmm", false, &[fault]);
    assert_copied(&failing, "CUDA_ERROR_NOT_SUPPORTED (801)");
    // It says that it did, and did nothing.
    let fault = ("FAKE_CUDA_FAULT", format!("{EXPORT}:1+:0"));
    let lying = lent("cuda_vmm", false, &[fault]);
    assert_copied(&lying, &format!("{EXPORT} succeeded without a descriptor"));
}

#[test]
fn a_gpu_whose_driver_exports_nothing_is_told_and_frames_are_copied() {
    if !has_gpu("a_gpu_whose_driver_exports_nothing_is_told_and_frames_are_copied") {
        return;
    }
    // The last property that is asked for before the export is whether there is one: a call that is
    // swallowed leaves it 0.
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join("calls");
    let logged = ("FAKE_CUDA_LOG", log.display().to_string());
    assert_eq!(lent("cuda_vmm", false, &[logged]).last["copied"], 0);
    let calls = fs::read_to_string(&log).expect("calls");
    let asked = calls.lines().take_while(|call| !call.contains(EXPORT));
    let asked = asked.filter(|call| call.contains(ATTRIBUTE)).count();
    assert!(asked > 0 && asked < calls.lines().count(), "{calls}");
    let fault = ("FAKE_CUDA_FAULT", format!("{ATTRIBUTE}:{asked}:0"));
    assert_copied(&lent("cuda_vmm", false, &[fault]), "exports none");
}
