//! A subscription to frames on a GPU ends with nothing left, if its streams are done:
//! `ci/fake-cuda.sh cargo test -p libcuframes --test cuda_leaving`.

mod common;

use std::process::Stdio;

use common::{WATCHDOG, child, fd_count, key, role};
use cuframes::cuda::{Context, Driver, Memory, Stream, Sync};
use cuframes::{Format, FrameMeta, Publisher, Subscriber};

const ROUNDS: usize = 100;

fn context() -> Context {
    let driver = Driver::load().expect("driver");
    Context::primary(&driver.device(0).expect("device")).expect("context")
}

/// Joins, reads a frame, ends its lease on a stream, waits for the stream and leaves, again and
/// again. The thread that guards a subscription has descriptors of its own: once it has been
/// waited for, they are closed.
fn leave_often(key: &str) {
    let context = context();
    let stream = Stream::new(&context).expect("stream");
    let mut open = None;
    for round in 0..ROUNDS {
        let subscriber = Subscriber::builder(key).cuda_context(&context);
        let mut subscriber = subscriber.connect().expect("join");
        let frame = subscriber.next(Some(WATCHDOG)).expect("a frame");
        frame.release_on(stream.as_ref()).expect("release");
        stream.as_ref().synchronize(&context).expect("synchronize");
        drop(subscriber);
        let left = fd_count();
        // The first round opens what the process keeps.
        assert_eq!(*open.get_or_insert(left), left, "after round {round}");
    }
}

#[test]
fn nothing_is_left_when_the_streams_are_done() {
    const TEST: &str = "nothing_is_left_when_the_streams_are_done";
    if let Some(key) = role() {
        leave_often(&key);
        println!("LEFT {ROUNDS} times");
        return;
    }
    if std::env::var_os("FAKE_CUDA_DIR").is_none() {
        common::tell_skipped("cuda_leaving", "no simulated GPU; ci/fake-cuda.sh runs it");
        return;
    }
    for sync in [Sync::Cpu, Sync::Event, Sync::Timeline] {
        let key = key(&format!("leaving-{sync}"));
        let context = context();
        let stream = Stream::new(&context).expect("stream");
        let mut publisher = Publisher::builder(&key)
            .format(Format::Nv12)
            .size(64, 64)
            .cuda_context(&context)
            .memory(Memory::CudaVmm)
            .sync(sync)
            .build()
            .expect("publisher");
        let mut reader = child(TEST, &key)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("child");
        while reader.try_wait().expect("child").is_none() {
            if let Some(frame) = publisher.acquire_on(stream.as_ref()).expect("acquire") {
                let published = publisher.publish_on(frame, &FrameMeta::default(), stream.as_ref());
                published.expect("publish");
            }
            stream.as_ref().synchronize(&context).expect("synchronize");
        }
        let done = reader.wait_with_output().expect("child");
        let said = common::said(&done);
        assert!(done.status.success(), "{sync}: {said}");
        assert!(
            said.contains(&format!("LEFT {ROUNDS} times")),
            "{sync}: {said}"
        );
    }
}
