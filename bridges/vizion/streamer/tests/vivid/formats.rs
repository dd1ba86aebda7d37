//! What the driver offers, and what is not to be had.

use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::camera::CameraError;
use vizion_streamer::camera::spec::Spec;

use crate::rig::{PLANES, SINGLE, open, small, v4l2_ctl};

#[test]
fn formats_are_those_of_the_driver() {
    for path in [SINGLE, PLANES] {
        let formats = open(path).formats().unwrap();
        for format in PixelFormat::ALL {
            let count = formats.iter().filter(|one| one.format == format).count();
            match format {
                PixelFormat::Mjpg => assert_eq!(count, 0, "vivid has no JPEG"),
                _ => assert!(count >= 10, "{count} of {format} at {path}: {formats:?}"),
            }
        }
        let mut once = formats.clone();
        once.sort_by_key(ToString::to_string);
        once.dedup();
        assert_eq!(once.len(), formats.len(), "each once");
    }
}

#[test]
fn what_another_program_has_set_comes_first() {
    let set = "width=640,height=360,pixelformat=NV12";
    v4l2_ctl(&["-d", SINGLE, "-v", set]);
    let first = open(SINGLE).formats().unwrap()[0];
    assert_eq!((first.width, first.height), (640, 360));
    assert_eq!(first.format, PixelFormat::Nv12);
}

#[test]
fn a_format_that_is_not_offered_is_refused() {
    let mut camera = open(SINGLE);
    let format = VideoFormat {
        width: 321,
        height: 181,
        framerate: 30,
        format: PixelFormat::Yuy2,
    };
    let refused = camera.start(format).err().expect("an error");
    assert!(matches!(refused, CameraError::NoFormat { .. }), "{refused}");
}

#[test]
fn a_path_that_is_no_camera_says_which_there_are() {
    for path in ["/dev/null", "/dev/video77", "/init"] {
        let refused = Spec::V4l2(path.into()).open().err().expect("an error");
        let said = refused.to_string();
        assert!(said.contains("v4l2:/dev/video0 (vivid)"), "{said}");
    }
}

#[test]
fn a_stream_of_another_program_is_told() {
    let mut first = open(SINGLE);
    let format = small(&mut *first, PixelFormat::Yuy2);
    let stream = first.start(format).unwrap();
    let mut second = open(SINGLE);
    let refused = second.start(format).err().expect("an error").to_string();
    assert!(refused.contains("another program streams"), "{refused}");
    drop(stream);
    assert!(second.start(format).is_ok(), "it is free again");
}
