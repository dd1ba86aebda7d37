//! Streams and memory of cudarc beside ours, on a simulated GPU.

#![allow(unsafe_code)]

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use cudarc::driver::{CudaContext, DevicePtr};
use cuframes::cuda::driver::{DeviceMemory, Event, Place, Rows};
use cuframes::cuda::{Context, Driver, Memory, StreamRef};
use cuframes::{Format, FrameMeta, Policy, Publisher};

/// True under ci/fake-cuda.sh; else it says, past the test harness, that a test was skipped.
fn is_simulated() -> bool {
    let there = std::env::var_os("FAKE_CUDA_DIR").is_some();
    if !there {
        let line = "skipped: cuda_cudarc: it wants ci/fake-cuda.sh\n";
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
    there
}

#[test]
fn a_stream_of_cudarc_is_a_stream_here() {
    if !is_simulated() {
        return;
    }
    let theirs = CudaContext::new(1).expect("cudarc's context");
    let device = Driver::load().expect("a driver").device(1);
    let ours = Context::primary(&device.expect("the device")).expect("our context");
    assert_eq!(
        ours.as_raw(),
        theirs.cu_ctx().cast(),
        "the primary context of both"
    );

    let stream = theirs.new_stream().expect("cudarc's stream");
    let pixels: Vec<u8> = (0..64 * 16).map(|index| (index % 251) as u8).collect();
    let source = stream.clone_htod(&pixels).expect("cudarc's memory");
    let target = DeviceMemory::new(&ours, 1).expect("our memory");
    let (from, _used) = source.device_ptr(&stream);
    let rows = Rows {
        from: Place::Device(from),
        from_pitch: 64,
        to: Place::Device(target.address()),
        to_pitch: 64,
        row_bytes: 64,
        rows: 16,
    };
    let borrowed = StreamRef::from(&*stream);
    assert_eq!(borrowed.as_raw(), stream.cu_stream().cast());
    // SAFETY: I16: both are kept until the event below is done.
    unsafe { borrowed.copy_rows(&ours, &rows) }.expect("a copy");
    let done = Event::new_local(&ours).expect("an event");
    done.record(borrowed).expect("record");
    done.synchronize().expect("synchronize");
    let mut found = vec![0; pixels.len()];
    // SAFETY: I16: the memory is larger, and kept.
    unsafe { borrowed.read(&ours, target.address(), &mut found) }.expect("read");
    assert_eq!(found, pixels);
}

#[test]
fn a_stream_of_another_device_is_refused_by_name() {
    if !is_simulated() {
        return;
    }
    let theirs = CudaContext::new(1).expect("cudarc's context");
    let stream = theirs.new_stream().expect("cudarc's stream");
    let device = Driver::load().expect("a driver").device(0);
    let ours = Context::primary(&device.expect("the device")).expect("our context");
    let event = Event::new_local(&ours).expect("an event");
    let refused = event
        .record(StreamRef::from(&*stream))
        .expect_err("another context");
    let text = refused.to_string();
    assert!(
        text.starts_with("cuEventRecord failed: CUDA_ERROR_"),
        "{text}"
    );
}

/// What the example has to print of a picture: the sum that its kernel makes.
fn sum(bytes: &[u8]) -> u64 {
    (1..)
        .zip(bytes)
        .map(|(place, &byte)| u64::from(byte) * place)
        .sum()
}

#[test]
fn the_example_adds_up_every_frame_where_it_is() {
    if !is_simulated() {
        return;
    }
    let test = std::env::current_exe().expect("the path of this test");
    let example = test.ancestors().nth(2).expect("target/debug");
    let example = example.join("examples/subscribe_cudarc");
    assert!(
        example.is_file(),
        "cargo build --features cudarc --example subscribe_cudarc makes it"
    );
    let run_dir = tempfile::tempdir().expect("a directory");
    // SAFETY: no other thread of this test looks at the environment now.
    unsafe { std::env::set_var("CUFRAMES_RUNTIME_DIR", run_dir.path()) };
    let key = format!("cudarc-{}", std::process::id());
    let (width, height) = (100, 50);
    let mut publisher = Publisher::builder(&key)
        .format(Format::R8)
        .size(width, height)
        .memory(Memory::CudaVmm)
        .policy(Policy::StrictWait)
        .strict_timeout(Duration::from_secs(10))
        .build()
        .expect("publisher");
    let child = Command::new(example)
        .arg(&key)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the example starts");
    let joined = publisher.wait_subscribers(1, Some(Duration::from_secs(10)));
    joined.expect("the example joins");
    let mut wanted = String::new();
    for seq in 1..=20u32 {
        let bytes: Vec<u8> = (0..width * height)
            .map(|at| (at * 3 + seq * 7) as u8)
            .collect();
        let planes = [(bytes.as_slice(), width as usize)];
        let sent = publisher.publish_copy(&planes, &FrameMeta::default());
        assert_eq!(sent.expect("publish"), Some(seq.into()));
        wanted += &format!("{seq} {}\n", sum(&bytes));
    }
    publisher.finish().expect("finish");
    let output = child.wait_with_output().expect("the example ends");
    assert!(output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
}
