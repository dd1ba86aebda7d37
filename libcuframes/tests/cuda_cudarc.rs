//! Streams and memory of cudarc beside ours, on a simulated GPU.

#![allow(unsafe_code)]

use std::io::Write;

use cudarc::driver::{CudaContext, DevicePtr};
use cuframes::cuda::driver::{DeviceMemory, Event, Place, Rows};
use cuframes::cuda::{Context, Driver, StreamRef};

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
