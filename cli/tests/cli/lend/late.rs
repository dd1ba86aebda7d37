//! A GPU that is late: what is lent is complete all the same, though the publisher waited for nothing.

use std::io::{BufRead, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use cuframes::cuda::{Context, Driver, Memory, Stream, Sync};
use cuframes::{Format, FrameMeta, Publisher};
use frame_lending::consumer::{Consumer, ConsumerOptions};

use crate::cuda::has_gpu;
use crate::support::{Place, Running, until};

use super::{LONG, lend, report, socket, subscribers};

/// The key of the child that publishes.
const KEY: &str = "CUFRAMES_TEST_LATE";
const FRAMES: u8 = 10;
const SIZE: (u32, u32) = (64, 48);

/// Not a test: a child of the one below. Fills a frame with each number that it reads.
#[test]
#[allow(unsafe_code)]
fn plays_the_publisher() {
    let Ok(key) = std::env::var(KEY) else { return };
    let driver = Driver::load().expect("a driver");
    let context = Context::primary(&driver.device(0).expect("a device")).expect("a context");
    let stream = Stream::new(&context).expect("a stream");
    let mut publisher = Publisher::builder(&key)
        .format(Format::R8)
        .size(SIZE.0, SIZE.1)
        .cuda_context(&context)
        .memory(Memory::CudaVmm)
        .sync(Sync::Timeline)
        .build()
        .expect("a publisher");
    for line in std::io::stdin().lock().lines() {
        let number = line.expect("a line").parse().expect("a number");
        let frame = publisher.acquire_on(stream.as_ref()).expect("a context");
        let frame = frame.expect("a slot");
        let plane = frame.device_plane(0).expect("a plane");
        let bytes = plane.pitch * plane.rows;
        // SAFETY: the plane has so many bytes, and the slot is ours.
        let filled = unsafe { stream.as_ref().fill(&context, plane.ptr, number, bytes) };
        filled.expect("a context");
        let published = publisher.publish_on(frame, &FrameMeta::default(), stream.as_ref());
        published.expect("published");
    }
}

#[test]
fn frames_of_a_late_gpu_are_lent_when_they_are_complete() {
    if !has_gpu("frames_of_a_late_gpu_are_lent_when_they_are_complete") {
        return;
    }
    let place = Place::new();
    let mut child = Command::new(std::env::current_exe().expect("own path"))
        .args(["lend::late::plays_the_publisher", "--exact", "--nocapture"])
        .env(KEY, &place.key)
        .env("CUFRAMES_RUNTIME_DIR", place.dir.path())
        .env("FAKE_CUDA_DELAY_US", "60000")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("this program starts");
    let mut numbers = child.stdin.take().expect("a pipe");
    let _publisher = Running::of(child);
    until("publish", || place.run("info KEY").status.success());
    let mut engine = lend(&place, "--cuda --timeout-ms 60000");
    let path = socket(&place, "engine.sock");
    let mut consumer = Consumer::connect(&ConsumerOptions::at(&path)).expect("it listens");
    report(&mut engine, |report| report["consumers"][0]["v"] == 1);
    until("subscribe", || subscribers(&place) == 1);
    let mut bytes = Vec::new();
    for number in 1..=FRAMES {
        writeln!(numbers, "{number}").expect("it reads");
        let frame = consumer.receive(LONG).expect("it is there");
        let frame = frame.expect("a frame");
        frame.copy(&mut bytes).expect("it is mapped");
        assert_eq!(bytes.len(), (SIZE.0 * SIZE.1) as usize);
        assert!(bytes.iter().all(|&byte| byte == number), "frame {number}");
        let returned = frame.return_success("m", Duration::ZERO, Vec::new());
        returned.expect("it is read");
    }
}
