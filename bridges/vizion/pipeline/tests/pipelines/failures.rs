//! Pipelines that do not work, or not for long.

use std::time::{Duration, Instant};

use vizion::PixelFormat;
use vizion_streamer::pipeline::PipelineState;

use crate::camera::{Camera, format};
use crate::process::Process;
use crate::support::{PATIENCE, failure, start};
use vizion_pipeline_events::Event;

#[test]
fn what_does_not_parse_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    for (text, expected) in [
        ("videoconvert ! ! fakesink", "does not parse: "),
        ("", "does not parse: "),
        ("\"", "does not parse: "),
        ("fakesink nonsense=1", "no property \"nonsense\""),
        ("videotestsrc ! fakesink", "could not link"),
        (
            "videoconvert ! frobnicate ! fakesink",
            "'frobnicate', which is not installed",
        ),
        ("fakesink name=vizion_frames", "does not parse: "),
        ("x264enc ! rtph264pay name=pay0", "--rtsp"),
    ] {
        let why = camera.failure(text);
        assert!(why.contains(expected), "{text}: {why}");
    }
}

#[test]
fn elements_that_do_not_agree_are_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    for text in [
        "h264parse ! fakesink",
        "queue ! video/x-raw,format=RGB ! fakesink",
    ] {
        let why = camera.failure(text);
        assert!(why.contains("put videoconvert in front"), "{text}: {why}");
        assert!(why.contains("format=(string)NV12"), "{text}: {why}");
    }
}

#[test]
fn what_cannot_be_opened_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let why = camera.failure("filesink location=/nonexistent/x");
    assert!(
        why.contains("filesink") && why.contains("/nonexistent/x"),
        "{why}"
    );
}

#[test]
fn an_error_that_comes_later_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let pipeline = camera.running("videoconvert ! identity error-after=10 ! fakesink");
    let why = failure(&pipeline);
    assert!(why.contains("identity"), "{why}");
}

#[test]
fn a_key_that_nobody_publishes_is_told() {
    let camera = Camera::start(PixelFormat::Nv12);
    let mut order = camera.order("fakesink");
    order.key = format!("{}-nobody", camera.key);
    let why = failure(&start(&order));
    assert!(why.contains(&order.key), "{why}");
}

#[test]
fn a_stuck_pipeline_is_told_and_over() {
    let camera = Camera::start(PixelFormat::Nv12);
    let hour = "3600000000000";
    for text in [
        format!("fakesink sync=true ts-offset={hour}"),
        // This one cannot even be switched off.
        "identity sleep-time=1000000000 ! fakesink".to_owned(),
    ] {
        let mut command = camera.command(&["--stuck-after", "0.5"], &text);
        let mut program = Process::start(&mut command);
        let why = match program.event() {
            Event::Running => program.failure(),
            Event::Failed { message } => message,
            other => panic!("{other:?}"),
        };
        assert!(why.contains("is stuck"), "{text}: {why}");
        let told = Instant::now();
        program.child.wait().expect("it ends");
        assert!(told.elapsed() < Duration::from_secs(6), "{text}");
    }
}

#[test]
fn a_pipeline_without_frames_is_not_stuck() {
    let camera = Camera::start(PixelFormat::Nv12);
    camera.pause(true);
    let mut command = camera.command(&["--stuck-after", "0.2"], "fakesink");
    let mut program = Process::start(&mut command);
    assert_eq!(program.event(), Event::Running);
    std::thread::sleep(Duration::from_millis(600));
    program.stop();
    assert_eq!(program.event(), Event::Ended);
    assert!(program.child.wait().expect("it ends").success());
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let camera = Camera::of(format(PixelFormat::Nv12));
    let mut command = camera.command(&["--stuck-after", "never"], "fakesink");
    let refused = command.output().expect("the program");
    assert_eq!(refused.status.code(), Some(2));
    let mut order = camera.order("fakesink");
    order.format.width = 0;
    let pipeline = start(&order);
    let why = failure(&pipeline);
    assert!(matches!(pipeline.wait(PATIENCE), PipelineState::Failed(_)));
    assert!(why.contains("exit status: 2"), "{why}");
}
