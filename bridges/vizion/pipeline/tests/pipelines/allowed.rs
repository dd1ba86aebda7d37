//! Pipelines that may not be made of everything.

use vizion::PixelFormat;
use vizion_streamer::pipeline::{Allow, PipelineState};

use crate::camera::Camera;
use crate::support::{PATIENCE, failure, finish, start};

fn refused(camera: &Camera, allow: Allow, text: &str) -> String {
    let mut order = camera.order(text);
    order.allow = allow;
    failure(&start(&order))
}

fn only(elements: &[&str]) -> Allow {
    Allow::Only(elements.iter().map(|&one| one.to_owned()).collect())
}

#[test]
fn what_is_harmless_runs() {
    let camera = Camera::start(PixelFormat::Nv12);
    for text in [
        "videoconvert ! x264enc tune=zerolatency bitrate=500 ! h264parse ! mp4mux ! fakesink",
        "videoconvert ! tee name=t ! queue ! video/x-raw,format=RGB ! fakesink  \
         t. ! queue max-size-buffers=2 ! jpegenc quality=50 ! multipartmux ! fakesink",
    ] {
        let mut order = camera.order(text);
        order.allow = Allow::harmless();
        let mut pipeline = start(&order);
        assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running, "{text}");
        finish(&mut pipeline);
    }
}

#[test]
fn what_is_not_harmless_is_refused_by_name_and_does_nothing() {
    let camera = Camera::start(PixelFormat::Nv12);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out");
    let file = file.display();
    for (text, name) in [
        (format!("filesink location={file}"), "'filesink'"),
        (
            format!("tee name=t ! fakesink t. ! queue ! filesink location={file}"),
            "'filesink'",
        ),
        (
            format!("( queue ! filesink location={file} )"),
            "'filesink'",
        ),
        (format!("bin.( filesink location={file} )"), "'filesink'"),
        (
            format!("autovideosink.( filesink location={file} )"),
            "'filesink'",
        ),
        ("udpsink port=5000".to_owned(), "'udpsink'"),
        (
            "jpegenc ! multipartmux ! tcpserversink".to_owned(),
            "'tcpserversink'",
        ),
        (
            format!("videoconvert ! x264enc pass=pass1 multipass-cache-file={file} ! fakesink"),
            "'x264enc.multipass-cache-file'",
        ),
        (
            format!("videoconvert ! x264enc option-string=dump-yuv={file} ! fakesink"),
            "'x264enc.option-string'",
        ),
        (
            format!("videoconvert ! x264enc ! mp4mux moov-recovery-file={file} ! fakesink"),
            "'mp4mux.moov-recovery-file'",
        ),
        (
            "autovideosink name=a a::x::display=elsewhere:0".to_owned(),
            "'::'",
        ),
    ] {
        let why = refused(&camera, Allow::harmless(), &text);
        assert!(why.contains(name) && why.contains("not "), "{text}: {why}");
    }
    let left = std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 0, "something was written");
}

#[test]
fn a_list_may_name_properties() {
    let camera = Camera::start(PixelFormat::Nv12);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out");
    let text = format!("filesink location={}", file.display());
    let why = refused(&camera, only(&["filesink"]), &text);
    assert!(why.contains("'filesink.location'"), "{why}");
    let mut order = camera.order(&text);
    order.allow = only(&["filesink", "filesink.location"]);
    let mut pipeline = start(&order);
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
    finish(&mut pipeline);
    assert!(file.metadata().expect("a file").len() > 0);
    let why = refused(&camera, only(&[]), "fakesink");
    assert!(why.contains("'fakesink'"), "{why}");
}

#[test]
fn a_decoder_in_front_is_not_the_users() {
    let camera = Camera::start(PixelFormat::Mjpg);
    let mut order = camera.order("videoconvert ! fakesink");
    order.allow = only(&["videoconvert", "fakesink"]);
    let pipeline = start(&order);
    assert_eq!(pipeline.wait(PATIENCE), PipelineState::Running);
}
