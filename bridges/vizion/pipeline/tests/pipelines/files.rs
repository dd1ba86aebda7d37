//! Files that are complete when the process has ended.

use vizion::PixelFormat;
use vizion_streamer::pipeline::PipelineState;

use crate::camera::Camera;
use crate::receivers::{is_green, picture, probe};
use crate::support::{PATIENCE, finish, until};

#[test]
fn an_mp4_has_every_frame_and_plays() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.mp4");
    let file = file.to_str().expect("UTF-8");
    let camera = Camera::start(PixelFormat::Nv12);
    // Looks two seconds ahead, so that there is much to be completed.
    let mut pipeline = camera.running(&format!(
        "videoconvert ! x264enc ! mp4mux ! filesink location={file}"
    ));
    until("frames", || pipeline.stats().frames >= 20);
    finish(&mut pipeline);
    let stats = pipeline.stats();
    let (codec, width, height, frames) = probe(&[], file);
    assert_eq!((codec.as_str(), width, height), ("h264", 320, 240));
    assert_eq!(frames, stats.frames, "{stats:?}");
    assert!(is_green(&picture(&[], file)));
}

#[test]
fn the_end_of_the_stream_completes_a_file_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.mkv");
    let file = file.to_str().expect("UTF-8");
    let mut camera = Camera::start(PixelFormat::Yuy2);
    let text = format!("videoconvert ! jpegenc ! matroskamux ! filesink location={file}");
    let pipeline = camera.running(&text);
    until("frames", || camera.published() >= 20);
    camera.end();
    assert_eq!(pipeline.wait_over(PATIENCE), PipelineState::Ended);
    let stats = pipeline.stats();
    assert_eq!(
        stats.frames + stats.dropped,
        camera.published(),
        "{stats:?}"
    );
    let (codec, _, _, frames) = probe(&[], file);
    assert_eq!((codec.as_str(), frames), ("mjpeg", stats.frames));
}
