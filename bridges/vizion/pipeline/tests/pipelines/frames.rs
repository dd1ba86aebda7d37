//! What frames are when they arrive.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use vizion::PixelFormat;
use vizion_pipeline_events::Event;
use vizion_streamer::pipeline::PipelineState;

use crate::camera::{Camera, GREEN, format};
use crate::process::Process;
use crate::support::{PATIENCE, failure, finish, start, until};

/// Writes frames as they are, by an element that takes no padding, and returns a file of whole ones.
fn raw(pixels: PixelFormat, size: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("raw");
    let camera = Camera::start(pixels);
    let mut pipeline = camera.running(&format!("filesink location={}", file.display()));
    until("frames", || pipeline.stats().frames >= 1);
    finish(&mut pipeline);
    let bytes = fs::read(&file).expect("a file");
    let frames = pipeline.stats().frames;
    assert_eq!(bytes.len() as u64, frames * size as u64, "{frames} frames");
    bytes[..size].to_vec()
}

#[test]
fn pixels_arrive_as_they_are_without_padding() {
    let pixels = 320 * 240;
    let [y, u, v] = GREEN;
    let nv12 = raw(PixelFormat::Nv12, pixels * 3 / 2);
    assert!(nv12[..pixels].iter().all(|&byte| byte == y));
    assert!(nv12[pixels..].chunks(2).all(|pair| pair == [u, v]));
    let rgb = raw(PixelFormat::Rgb, pixels * 3);
    assert!(rgb.chunks(3).all(|pixel| pixel == [0, 255, 0]));
    let uyvy = raw(PixelFormat::Uyvy, pixels * 2);
    assert!(uyvy.chunks(4).all(|pair| pair == [u, y, v, y]));
}

#[test]
fn frames_are_lent_to_a_pipeline_that_gives_them_back() {
    for pixels in [PixelFormat::Nv12, PixelFormat::Bgr] {
        let camera = Camera::start(pixels);
        let mut pipeline = camera.running("videoconvert ! video/x-raw,format=I420 ! fakesink");
        let lent = || {
            let stats = pipeline.stats();
            stats.frames - stats.copied
        };
        until("a frame that was lent", || lent() >= 10);
        finish(&mut pipeline);
    }
}

#[test]
fn an_encoder_that_looks_ahead_gets_copies_and_starves_nobody() {
    // It would hold them for two seconds.
    let limit = Duration::from_secs(1);
    let mut camera = Camera::that_lends_for(limit, format(PixelFormat::Nv12));
    let pipeline = camera.running("videoconvert ! x264enc rc-lookahead=60 ! fakesink");
    until("frames", || camera.published() >= 75);
    camera.end();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
    let stats = pipeline.stats();
    assert_eq!(
        stats.frames + stats.dropped,
        camera.published(),
        "{stats:?}"
    );
    assert!(stats.copied > stats.frames / 2, "{stats:?}");
}

#[test]
fn a_pipeline_that_holds_some_is_lent_no_more_than_there_are() {
    let mut camera = Camera::start(PixelFormat::Nv12);
    // For less than 200 ms, and there are four leases.
    let converting = "videoconvert ! video/x-raw,format=I420 ! fakesink";
    let pipeline = camera.running(&format!("queue min-threshold-buffers=5 ! {converting}"));
    until("frames", || camera.published() >= 40);
    camera.end();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
    let stats = pipeline.stats();
    assert_eq!(
        stats.frames + stats.dropped,
        camera.published(),
        "{stats:?}"
    );
}

#[test]
fn frames_that_went_past_are_counted() {
    let mut camera = Camera::start(PixelFormat::Nv12);
    let mut program = Process::start(&mut camera.command(&[], "fakesink"));
    assert_eq!(program.event(), Event::Running);
    let pid = Pid::from_child(&program.child);
    kill_process(pid, Signal::STOP).expect("it runs");
    // More than the key has slots.
    let before = camera.published();
    until("frames", || camera.published() >= before + 30);
    kill_process(pid, Signal::CONT).expect("it is there");
    camera.end();
    let (frames, dropped) = program.totals();
    assert_eq!(frames + dropped, camera.published());
    assert!(dropped >= 15, "{dropped} of {}", frames + dropped);
}

#[test]
fn a_slow_pipeline_loses_frames_and_they_are_counted() {
    let mut camera = Camera::start(PixelFormat::Yuy2);
    let pipeline = camera.running("identity sleep-time=120000 ! fakesink");
    until("frames", || camera.published() >= 45);
    camera.end();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
    let stats = pipeline.stats();
    assert!(stats.dropped > 0, "{stats:?}");
    assert_eq!(
        stats.frames + stats.dropped,
        camera.published(),
        "{stats:?}"
    );
}

#[test]
fn jpeg_is_decoded_for_those_who_do_not_take_it() {
    let camera = Camera::start(PixelFormat::Mjpg);
    let mut decoded = camera.running("videoconvert ! video/x-raw,format=RGB ! fakesink");
    until("frames", || decoded.stats().frames >= 3);
    let notes = decoded.notes();
    assert!(
        notes.iter().any(|note| note.contains("jpegdec")),
        "{notes:?}"
    );
    finish(&mut decoded);

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("one.jpg");
    let text = format!("queue ! filesink location={}", file.display());
    let mut taken = camera.running(&text);
    until("frames", || taken.stats().frames >= 1);
    assert_eq!(taken.notes(), Vec::<String>::new());
    finish(&mut taken);
    let jpeg = fs::read(&file).expect("a file");
    assert!(jpeg.starts_with(&[0xff, 0xd8]), "{} bytes", jpeg.len());
}

#[test]
fn a_key_of_other_frames_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let order = |other| {
        let mut order = camera.order("fakesink");
        order.format = format(other);
        order
    };
    let why = failure(&start(&order(PixelFormat::Yuy2)));
    assert!(
        why.contains("are 320x240 nv12, and not 320x240@30 YUY2"),
        "{why}"
    );
    let why = failure(&start(&order(PixelFormat::Mjpg)));
    assert!(why.contains(&camera.key), "{why}");
}
