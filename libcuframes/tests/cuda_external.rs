//! Buffers of the caller's on a GPU, lent as they are, to this process and to another one:
//! `ci/fake-cuda.sh cargo test -p libcuframes --test cuda_external`.

mod common;

use common::{WATCHDOG, child, key, role, strict};
use cuframes::cuda::driver::DeviceMemory;
use cuframes::cuda::{Context, Driver, Stream, Sync};
use cuframes::{
    ErrorCode, ExternalBuffers, Format, Frame, FrameLayout, FrameMeta, MemoryKind, Policy,
    Publisher, Subscriber,
};

const FRAMES: u64 = 40;
const SLOTS: usize = 4;
const SIZE: (u32, u32) = (200, 60);

fn is_simulated() -> bool {
    let there = std::env::var_os("FAKE_CUDA_DIR").is_some();
    if !there {
        common::tell_skipped("cuda_external", "no simulated GPU; ci/fake-cuda.sh runs it");
    }
    there
}

fn context() -> Context {
    let driver = Driver::load().expect("driver");
    Context::primary(&driver.device(0).expect("device")).expect("context")
}

/// Two buffers in each of two allocations: some begin in the middle of one.
fn allocate(context: &Context, layout: &FrameLayout) -> (Vec<DeviceMemory>, Vec<u64>) {
    let apart = layout.frame_size.next_multiple_of(4096);
    let memory: Vec<_> = (0..SLOTS / 2)
        .map(|_| DeviceMemory::new(context, 2 * apart as usize).expect("memory"))
        .collect();
    let first = memory
        .iter()
        .flat_map(|memory| [memory.address(), memory.address() + apart]);
    let first = first.collect();
    (memory, first)
}

#[allow(unsafe_code)]
fn external(first: &[u64]) -> ExternalBuffers {
    // SAFETY: the allocations of this test outlive its publisher and its subscribers.
    unsafe { ExternalBuffers::new(first) }
}

#[allow(unsafe_code)]
fn publish(publisher: &mut Publisher, context: &Context, stream: &Stream, first: &[u64]) {
    for number in 1..=FRAMES {
        let frame = publisher.acquire_on(stream.as_ref()).expect("acquire");
        let frame = frame.expect("a slot");
        let plane = frame.device_plane(0).expect("a plane");
        assert!(
            first.contains(&plane.ptr),
            "not one of the caller's buffers"
        );
        let bytes = plane.pitch * plane.rows;
        // SAFETY: the plane has so many bytes, and the slot is ours.
        let filled = unsafe {
            stream
                .as_ref()
                .fill(context, plane.ptr, number as u8, bytes)
        };
        filled.expect("fill");
        let published = publisher.publish_on(frame, &FrameMeta::default(), stream.as_ref());
        assert_eq!(published.expect("publish").seq(), number);
    }
}

fn is_whole(frame: &Frame) -> bool {
    let mut bytes = vec![0; frame.layout().packed_size() as usize];
    frame.copy_to(&mut bytes).expect("copy");
    bytes.iter().all(|&byte| byte == frame.seq() as u8)
}

/// Reads to the end, and tells how many frames were whole.
fn read(mut subscriber: Subscriber) -> u64 {
    let mut whole = 0;
    loop {
        match subscriber.next(Some(WATCHDOG)) {
            Ok(frame) => {
                assert_eq!(frame.memory(), MemoryKind::CudaIpc);
                whole += u64::from(is_whole(&frame));
            }
            Err(error) if error.code() == ErrorCode::EndOfStream => return whole,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn buffers_of_the_caller_are_read_where_they_are() {
    const TEST: &str = "buffers_of_the_caller_are_read_where_they_are";
    if let Some(key) = role() {
        let whole = read(strict(&key, "child").cuda().connect().expect("join"));
        println!("WHOLE {whole}");
        return;
    }
    if !is_simulated() {
        return;
    }
    for sync in [Sync::Cpu, Sync::Event, Sync::Timeline] {
        let context = context();
        let stream = Stream::new(&context).expect("stream");
        let layout = FrameLayout::new(Format::R8, SIZE.0, SIZE.1).expect("layout");
        let (memory, first) = allocate(&context, &layout);
        let key = key(&format!("external-{sync}"));
        let mut publisher = Publisher::builder(&key)
            .format(Format::R8)
            .size(SIZE.0, SIZE.1)
            .external(&external(&first))
            .sync(sync)
            .policy(Policy::StrictWait)
            .strict_timeout(WATCHDOG)
            .build()
            .expect("publisher");
        let other = child(TEST, &key)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("child");
        let here = strict(&key, "here").cuda().connect().expect("join");
        let here = std::thread::spawn(move || read(here));
        publisher.wait_subscribers(2, Some(WATCHDOG)).expect("both");
        publish(&mut publisher, &context, &stream, &first);
        publisher.finish().expect("finish");
        assert_eq!(here.join().expect("reader"), FRAMES, "{sync}");
        let said = common::said(&other.wait_with_output().expect("child"));
        assert!(said.contains(&format!("WHOLE {FRAMES}")), "{sync}: {said}");
        drop(memory);
    }
}

#[test]
fn a_buffer_without_room_is_refused() {
    if !is_simulated() {
        return;
    }
    let context = context();
    let layout = FrameLayout::new(Format::R8, SIZE.0, SIZE.1).expect("layout");
    let memory = DeviceMemory::new(&context, layout.frame_size as usize).expect("memory");
    let near_its_end = memory.address() + memory.size() as u64 - layout.frame_size + 1;
    let built = Publisher::builder(&key("no-room"))
        .format(Format::R8)
        .size(SIZE.0, SIZE.1)
        .external(&external(&[memory.address(), near_its_end]))
        .build();
    let error = built.expect_err("no room");
    assert_eq!(error.code(), ErrorCode::InvalidArgument);
    assert!(error.to_string().contains("has room for"), "{error}");
}
