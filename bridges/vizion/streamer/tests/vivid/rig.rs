//! The cameras, another program that looks at them, and pictures with eight bars.

use std::process::Command;
use std::time::Duration;

use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::camera::spec::Spec;
use vizion_streamer::camera::{Camera, Capture, Picture};

/// The camera with one piece of memory for a picture, and the one with more.
pub const SINGLE: &str = "/dev/video0";
pub const PLANES: &str = "/dev/video1";
/// Longer than any picture takes on a processor that is imitated.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn open(path: &str) -> Box<dyn Camera> {
    Spec::V4l2(path.into()).open().expect("a camera")
}

/// Small pictures, at most 30 of them a second.
pub fn small(camera: &mut dyn Camera, format: PixelFormat) -> VideoFormat {
    small_at(camera, format, 30)
}

/// Small pictures, at most so many a second.
pub fn small_at(camera: &mut dyn Camera, format: PixelFormat, most: u32) -> VideoFormat {
    let formats = camera.formats().unwrap();
    let of_this = formats.into_iter().filter(|one| one.format == format);
    of_this
        .filter(|one| one.width == 320 && one.height == 180 && one.framerate <= most)
        .max_by_key(|one| one.framerate)
        .expect("320x180 in each format")
}

/// What v4l2-ctl says.
pub fn v4l2_ctl(arguments: &[&str]) -> String {
    let output = Command::new("v4l2-ctl").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "v4l2-ctl {arguments:?}: {said} {why}"
    );
    said
}

/// The value of a control as v4l2-ctl reads it.
pub fn read_by_another(control: &str) -> i64 {
    let said = v4l2_ctl(&["-d", SINGLE, "-C", control]);
    let value = said.trim().strip_prefix(&format!("{control}: "));
    value.expect("its value").parse().unwrap()
}

/// A picture that was copied out of what the camera lent.
pub struct Copied {
    pub timestamp_ns: u64,
    pub lost: u64,
    pub planes: Vec<Vec<u8>>,
    pub pitches: Vec<usize>,
}

/// The next picture.
pub fn next(stream: &mut dyn Capture) -> Copied {
    let captured = stream.next(None, PATIENCE).unwrap().expect("a picture");
    let Picture::Lent(planes) = captured.picture else {
        panic!("it lends its pictures");
    };
    Copied {
        timestamp_ns: captured.timestamp_ns,
        lost: captured.lost,
        planes: planes.iter().map(|(bytes, _)| bytes.to_vec()).collect(),
        pitches: planes.iter().map(|&(_, pitch)| pitch).collect(),
    }
}
