//! Frames on a GPU as a DMA-BUF: `ci/fake-cuda.sh cargo test -p libcuframes --test cuda_dma_buf`.

mod common;

use std::fs::File;
use std::os::unix::fs::FileExt;

use common::{key, next, publisher, send, strict};
use cuframes::cuda::{Context, Driver, Memory, Stream, Sync};
use cuframes::publisher::PublisherBuilder;
use cuframes::{ErrorCode, Frame, FrameMeta, Publisher};

fn is_simulated(test: &str) -> bool {
    let there = std::env::var_os("FAKE_CUDA_DIR").is_some();
    if !there {
        common::tell_skipped(test, "no simulated GPU; ci/fake-cuda.sh runs it");
    }
    there
}

/// The picture without padding, read through the descriptor.
fn read(frame: &Frame) -> Vec<u8> {
    let shared = frame.dma_buf().expect("it is exported");
    let file = File::from(shared.fd().try_clone_to_owned().expect("a copy"));
    let mut picture = Vec::new();
    for (index, plane) in shared.planes().iter().enumerate() {
        let row_bytes = frame.layout().plane_row_bytes(index) as usize;
        for row in 0..u64::from(frame.layout().plane_rows(index)) {
            let mut bytes = vec![0; row_bytes];
            let at = plane.offset + row * plane.pitch as u64;
            file.read_exact_at(&mut bytes, at).expect("it is there");
            picture.extend(bytes);
        }
    }
    picture
}

fn on_gpu(key: &str, memory: Memory, context: &Context) -> PublisherBuilder {
    let publisher = publisher(key).size(70, 34).memory(memory);
    publisher.sync(Sync::Timeline).cuda_context(context)
}

/// Publishes a frame of equal bytes, which the GPU writes later.
#[allow(unsafe_code)]
fn send_filled(publisher: &mut Publisher, context: &Context, stream: &Stream, value: u8) {
    let frame = publisher.acquire_on(stream.as_ref()).expect("acquire");
    let frame = frame.expect("a slot");
    let plane = frame.device_plane(0).expect("a plane");
    let bytes = plane.pitch * plane.rows;
    // SAFETY: the plane has so many bytes, and the slot is ours.
    let filled = unsafe { stream.as_ref().fill(context, plane.ptr, value, bytes) };
    filled.expect("fill");
    let published = publisher.publish_on(frame, &FrameMeta::default(), stream.as_ref());
    published.expect("publish");
}

#[test]
fn one_dma_buf_has_the_pixels_of_all_frames() {
    if !is_simulated("one_dma_buf_has_the_pixels_of_all_frames") {
        return;
    }
    let _shared = common::shared();
    let driver = Driver::load().expect("driver");
    let context = Context::primary(&driver.device(0).expect("device")).expect("context");
    let stream = Stream::new(&context).expect("stream");
    let key = key("dma-buf");
    let mut source = on_gpu(&key, Memory::CudaVmm, &context)
        .build()
        .expect("it publishes");
    let mut reader = strict(&key, "reader").cuda_context(&context).connect();
    let reader = reader.as_mut().expect("it reads");
    let mut frames = Vec::new();
    for value in 1..=6 {
        send_filled(&mut source, &context, &stream, value);
        let frame = next(reader);
        frame.wait_host(None).expect("it is complete");
        assert_eq!(read(&frame), [value; 70 * 34], "frame {value}");
        assert_eq!(frame.dma_buf().expect("a DMA-BUF").pool(), reader.epoch());
        assert!(frame.shared().is_none(), "no memory of the host");
        // Two are held: they lie side by side in one memory.
        frames.push(frame);
        if frames.len() == 2 {
            let fds = frames
                .iter()
                .map(|frame| frame.dma_buf().expect("a DMA-BUF").fd());
            let fds: Vec<_> = fds.map(|fd| rustix::fd::AsRawFd::as_raw_fd(&fd)).collect();
            assert_eq!(fds[0], fds[1]);
            assert_eq!(read(&frames[0]), [value - 1; 70 * 34]);
            frames.clear();
        }
    }
}

#[test]
fn memory_without_a_dma_buf_says_so() {
    let _shared = common::shared();
    let of_host = key("no-dma-buf");
    let mut source = publisher(&of_host).build().expect("it publishes");
    let mut reader = strict(&of_host, "reader").connect().expect("it reads");
    send(&mut source);
    let error = next(&mut reader).dma_buf().expect_err("none");
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(error.to_string().contains("host memory"), "{error}");
    if !is_simulated("memory_without_a_dma_buf_says_so") {
        return;
    }
    let driver = Driver::load().expect("driver");
    let context = Context::primary(&driver.device(0).expect("device")).expect("context");
    let stream = Stream::new(&context).expect("stream");
    let by_ipc = key("ipc-dma-buf");
    let mut source = on_gpu(&by_ipc, Memory::CudaIpc, &context)
        .build()
        .expect("it publishes");
    let mut reader = strict(&by_ipc, "reader").cuda_context(&context).connect();
    let reader = reader.as_mut().expect("it reads");
    send_filled(&mut source, &context, &stream, 5);
    let error = next(reader).dma_buf().expect_err("none");
    assert_eq!(error.code(), ErrorCode::Unsupported);
    assert!(error.to_string().contains("CUDA IPC"), "{error}");
}
