//! Processes that are killed, shared memory that is removed, and formats that change.

use rustix::process::Signal;
use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows};

use super::{Stage, TO_ONE, assert_all, event, last, read, summary};
use crate::support::{Running, assert_code, assert_signal, noise, text};

/// A camera that goes on until it is told not to.
const CAMERA: &str = "publish --key KEY --test-pattern 64x48@100 --format nv12 -q";
const TO_MEMORY: &str = "bridge vizion --from KEY --to SHM --json";
const TO_KEY: &str = "bridge vizion --from-shm SHM --to KEY2 --json";
const FRAME: usize = 64 * 48 * 3 / 2;

fn kill(running: Running) {
    running.signal(Signal::KILL);
    assert_signal(running.output().status, Signal::KILL);
}

#[test]
fn each_process_can_be_killed_and_followed_by_another() {
    let stage = Stage::new();
    let mut to_key = stage.start(TO_KEY);
    let mut to_memory = stage.start(TO_MEMORY);
    let mut camera = stage.start(CAMERA);
    event(&mut to_memory, "created");
    event(&mut to_key, "connected");
    let mut sub = stage.start("sub KEY2 -o - -q --connect-timeout 9");
    sub.read(5 * FRAME);

    // The camera.
    kill(camera);
    camera = stage.start(CAMERA);
    event(&mut to_memory, "publisher_lost");
    event(&mut to_memory, "reattached");
    sub.read(20 * FRAME);

    // The bridge that writes: what it left is replaced by its successor.
    kill(to_memory);
    event(&mut to_key, "lost");
    let mut to_memory = stage.start(TO_MEMORY);
    let pid = event(&mut to_key, "connected")["writer"].as_u64();
    assert_eq!(pid, Some(u64::from(to_memory.pid())));
    event(&mut to_memory, "stream");
    sub.read(20 * FRAME);

    // The bridge that reads: who reads its key waits for the next.
    kill(to_key);
    let mut to_key = stage.start(TO_KEY);
    event(&mut to_key, "stream");
    sub.read(20 * FRAME);

    for bridge in [to_memory, to_key] {
        bridge.signal(Signal::TERM);
        let output = bridge.output();
        assert_signal(output.status, Signal::TERM);
        assert_eq!(last(&text(&output.stdout))["ended"], "signal");
    }
    assert!(!stage.paths()[0].exists());
    kill(camera);
}

#[test]
fn shared_memory_that_is_removed_is_made_anew_and_counted() {
    let stage = Stage::new();
    let to_memory = stage.start(&format!("{TO_MEMORY} --once --strict"));
    let mut feed = stage.publish(&format!("--size 64x48 --format nv12 {TO_ONE}"));
    feed.give(&noise(FRAME, 1));
    let mut reader = stage.reader("");
    assert_eq!(read(&mut reader).1, noise(FRAME, 1));
    std::fs::remove_file(&stage.paths()[0]).expect("is there");
    feed.give(&noise(FRAME, 2));
    assert_eq!(read(&mut reader).1, noise(FRAME, 2));
    feed.end();
    let ended = summary(to_memory);
    assert_eq!(
        (&ended["frames"], &ended["replaced"]),
        (&2.into(), &1.into())
    );
}

#[test]
fn a_format_that_changes_changes_the_key() {
    let stage = Stage::new();
    let mut writer = FrameWriter::create(&stage.name, 100_000).expect("is made");
    let mut to_key = stage.start(&format!("{TO_KEY} --once {TO_ONE}"));
    let mut sub = stage.start("sub KEY2 --strict -o - -q --connect-timeout 9");
    let changes = [
        (PixelFormat::Yuy2, 64),
        (PixelFormat::Yuy2, 32),
        (PixelFormat::Bgr, 32),
    ];
    for (index, (format, width)) in (1..).zip(changes) {
        let frame = noise(format.frame_size(width, 48).expect("raw"), index);
        let info = FrameInfo {
            width,
            height: 48,
            format,
            timestamp_ns: index,
        };
        writer
            .write(&info, &[Rows::packed(&frame)])
            .expect("is written");
        assert_eq!(event(&mut to_key, "stream")["width"], width);
        assert!(sub.read(frame.len()) == frame, "{format} {width}");
    }
    drop(writer);
    assert_all(&summary(to_key), 3);
    assert_code(&sub.output(), 0);
}
