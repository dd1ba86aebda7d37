//! The C example for frames on a GPU, compiled against the genuine cuda.h and run under valgrind
//! on a simulated GPU: `ci/fake-cuda.sh cargo test -p libcuframes --test c_cuda`.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use common::{WATCHDOG, key, run_dir};
use cuframes::cuda::{Memory, Sync};
use cuframes::{Format, FrameMeta, Policy, Publisher};

const FRAMES: u64 = 30;
const SIZE: (u32, u32) = (96, 54);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn checked(output: &Output) -> String {
    let said = common::said(output);
    assert!(output.status.success(), "{}: {said}", output.status);
    said
}

/// The example, linked to the library and the driver of this test.
fn compile(folder: &Path) -> PathBuf {
    let headers = Command::new(root().join("ci/cuda_header.sh"))
        .output()
        .expect("ci/cuda_header.sh");
    let headers = checked(&headers);
    let test = std::env::current_exe().expect("the path of this test");
    let built = test.parent().expect("target/debug/deps");
    for name in ["libcuframes.so", "libcuframes.so.0"] {
        std::fs::copy(built.join("libcuframes.so"), folder.join(name)).expect("the library");
    }
    let program = folder.join("subscribe_cuda");
    // The simulated driver is on it, among folders of cargo's.
    let folders = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let output = Command::new("gcc")
        .args(["-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Werror"])
        .arg(root().join("examples/subscribe_cuda.c"))
        .arg("-o")
        .arg(&program)
        .arg("-isystem")
        .arg(headers.lines().last().unwrap_or_default())
        .arg(format!("-I{}", root().join("include").display()))
        .arg(format!("-L{}", folder.display()))
        .args(folders.split(':').map(|folder| format!("-L{folder}")))
        .args(["-lcuframes", "-lcuda"])
        .arg(format!("-Wl,-rpath,{}", folder.display()))
        .output()
        .expect("gcc");
    checked(&output);
    program
}

/// A frame whose bytes depend on their place and its number.
fn picture(layout: &cuframes::FrameLayout, number: u64) -> Vec<u8> {
    let bytes = layout.packed_size();
    (0..bytes).map(|at| (at * 7 + number * 31) as u8).collect()
}

fn publish(publisher: &mut Publisher) -> Vec<u8> {
    let layout = *publisher.layout();
    let mut all = Vec::new();
    for number in 1..=FRAMES {
        let bytes = picture(&layout, number);
        let mut rest = bytes.as_slice();
        let mut planes = Vec::new();
        for plane in 0..layout.plane_count {
            let row = layout.plane_row_bytes(plane) as usize;
            let (part, after) = rest.split_at(row * layout.plane_rows(plane) as usize);
            planes.push((part, row));
            rest = after;
        }
        let seq = publisher.publish_copy(&planes, &FrameMeta::default());
        assert_eq!(seq.expect("publish"), Some(number));
        all.extend(bytes);
    }
    all
}

#[test]
fn the_example_for_a_gpu_reads_every_byte_and_leaks_nothing() {
    if std::env::var_os("FAKE_CUDA_DIR").is_none() {
        common::tell_skipped("c_cuda", "no simulated GPU; ci/fake-cuda.sh runs it");
        return;
    }
    let folder = tempfile::tempdir().expect("a directory");
    let program = compile(folder.path());
    for (memory, sync) in [
        (Memory::CudaVmm, Sync::Timeline),
        (Memory::CudaVmm, Sync::Cpu),
        (Memory::CudaIpc, Sync::Event),
    ] {
        let key = key(&format!("c-{memory}-{sync}"));
        let mut publisher = Publisher::builder(&key)
            .format(Format::Nv12)
            .size(SIZE.0, SIZE.1)
            .memory(memory)
            .sync(sync)
            .policy(Policy::StrictWait)
            .strict_timeout(WATCHDOG)
            .build()
            .expect("publisher");
        let raw = folder.path().join(format!("{memory}-{sync}.raw"));
        let child = Command::new("timeout")
            .args([
                "--kill-after=5",
                "60",
                "valgrind",
                "--quiet",
                "--error-exitcode=99",
            ])
            .args([
                "--leak-check=full",
                "--errors-for-leak-kinds=definite,indirect",
            ])
            .arg(&program)
            .args([key.as_str()])
            .arg(&raw)
            .env("CUFRAMES_RUNTIME_DIR", run_dir())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("valgrind");
        // It takes valgrind a while to start.
        let joined = publisher.wait_subscribers(1, Some(Duration::from_secs(60)));
        joined.expect("the example joins");
        let sent = publish(&mut publisher);
        publisher.finish().expect("finish");
        let said = checked(&child.wait_with_output().expect("the example"));
        assert!(said.contains("30 frames, 0 missed"), "{said}");
        let read = std::fs::read(&raw).expect("what it wrote");
        assert_eq!(read.len(), sent.len());
        assert!(read == sent, "{memory} with {sync}: other pixels");
    }
}
