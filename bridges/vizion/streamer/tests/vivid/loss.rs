//! A camera that is unplugged, and one that stumbles.

use std::fs;
use std::time::{Duration, Instant};

use vizion::PixelFormat;
use vizion_streamer::camera::{CameraError, Capture, Control};

use crate::rig::{self, PATIENCE, SINGLE, open, small, v4l2_ctl};

/// Where the kernel lets go of a device, and takes it again.
const DRIVER: &str = "/sys/bus/platform/drivers/vivid";

/// The error that a stream ends with.
fn end_of(stream: &mut dyn Capture) -> CameraError {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Err(error) = stream.next(None, Duration::from_secs(1)) {
            return error;
        }
    }
    panic!("the stream goes on");
}

fn is_lost(error: &CameraError) {
    assert!(matches!(error, CameraError::Lost { .. }), "{error}");
}

#[test]
fn a_camera_that_disconnects_is_found_again() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Yuy2);
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
    v4l2_ctl(&["-d", SINGLE, "-c", "disconnect=1"]);
    is_lost(&end_of(&mut *stream));
    drop(stream);
    // It comes back when nobody has it open any more, and nothing was asked of the camera since.
    v4l2_ctl(&["-d", SINGLE, "-D"]);
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
}

#[test]
fn a_camera_that_is_unplugged_is_found_again() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Yuy2);
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
    fs::write(format!("{DRIVER}/unbind"), "vivid.0").unwrap();
    is_lost(&end_of(&mut *stream));
    drop(stream);
    for refused in [
        camera.start(format).err(),
        camera.formats().err(),
        camera.controls().err(),
        camera.set(Control::Brightness, 100).err(),
    ] {
        is_lost(&refused.expect("an error"));
    }
    fs::write(format!("{DRIVER}/bind"), "vivid.0").unwrap();
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
    assert_eq!(camera.set(Control::Brightness, 100).unwrap(), 100);
}

#[test]
fn a_driver_that_breaks_its_queue_ends_the_stream_and_can_start_again() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Yuy2);
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
    v4l2_ctl(&["-d", SINGLE, "-c", "inject_fatal_streaming_error=1"]);
    is_lost(&end_of(&mut *stream));
    drop(stream);
    rig::next(&mut *camera.start(format).unwrap());
}

#[test]
fn a_damaged_picture_is_left_out_and_counted() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Yuy2);
    let mut stream = camera.start(format).unwrap();
    rig::next(&mut *stream);
    v4l2_ctl(&["-d", SINGLE, "-c", "inject_v4l2_buf_flag_error=1"]);
    let lost: u64 = (0..20).map(|_| rig::next(&mut *stream).lost).sum();
    assert!(lost >= 1, "the damaged one is missing");
}

#[test]
fn a_stream_that_does_not_start_says_so_and_starts_later() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Yuy2);
    for (fault, what) in [
        ("inject_vidioc_streamon_error=1", "VIDIOC_STREAMON"),
        ("inject_vidioc_reqbufs_error=1", "VIDIOC_REQBUFS"),
    ] {
        v4l2_ctl(&["-d", SINGLE, "-c", fault]);
        let refused = camera.start(format).err().expect("an error").to_string();
        assert!(refused.contains(what), "{refused}");
        rig::next(&mut *camera.start(format).unwrap());
    }
}
