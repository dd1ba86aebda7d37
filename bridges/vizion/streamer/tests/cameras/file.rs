//! Video files as cameras.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;
use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::camera::file::FileCamera;
use vizion_streamer::camera::{Camera, CameraError, Capture, Control};

use crate::canvas::{Frame, PATIENCE, next, next_within};
use crate::clip::{self, FRAMES, HEIGHT, RATE, WIDTH, cuframes};

const RAW: [PixelFormat; 5] = [
    PixelFormat::Yuy2,
    PixelFormat::Uyvy,
    PixelFormat::Nv12,
    PixelFormat::Bgr,
    PixelFormat::Rgb,
];

fn format(format: PixelFormat) -> VideoFormat {
    VideoFormat {
        width: WIDTH,
        height: HEIGHT,
        framerate: RATE,
        format,
    }
}

fn clip_of(pixels: PixelFormat) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let clip = clip::make(folder.path(), pixels);
    (folder, clip)
}

fn open(clip: &Path) -> FileCamera {
    FileCamera::with_program(clip, &cuframes()).expect("a camera")
}

/// Every frame of the file in its order, again and again, and none is lost.
fn shows_all(stream: &mut dyn Capture, format: VideoFormat, expected: &[Vec<u8>]) {
    let mut last = 0;
    for number in 0..2 * FRAMES + 5 {
        let Frame {
            bytes,
            lost,
            timestamp_ns,
        } = next(stream, format);
        assert_eq!(lost, 0, "before frame {number}");
        assert!(
            bytes == expected[number % FRAMES],
            "{format}: frame {number} differs"
        );
        assert!(
            timestamp_ns > last,
            "frame {number} is after the one before"
        );
        last = timestamp_ns;
    }
}

#[test]
fn every_frame_of_a_file_in_each_format_to_the_byte() {
    for pixels in RAW {
        let (_folder, clip) = clip_of(pixels);
        let mut camera = open(&clip);
        let offered = camera.formats().unwrap();
        assert_eq!(offered[0], format(pixels), "its own format first");
        assert_eq!(offered.len(), RAW.len());
        assert!(RAW.iter().all(|&one| offered.contains(&format(one))));
        let expected = clip::frames(&clip, pixels);
        let mut stream = camera.start(format(pixels)).unwrap();
        shows_all(&mut *stream, format(pixels), &expected);
    }
}

#[test]
fn a_compressed_file_loses_no_frame_where_it_begins_anew() {
    let folder = TempDir::new().unwrap();
    let clip = folder.path().join("clip.mp4");
    // Frames that are decoded in another order than they are shown, the last ones too.
    let coding = [
        "-c:v", "libx264", "-bf", "3", "-g", "8", "-pix_fmt", "yuv420p",
    ];
    clip::encode(&clip, &coding);
    let expected = clip::frames(&clip, PixelFormat::Nv12);
    let mut camera = open(&clip);
    let format = format(PixelFormat::Nv12);
    assert_eq!(camera.formats().unwrap()[0], format, "none is its own");
    let mut stream = camera.start(format).unwrap();
    shows_all(&mut *stream, format, &expected);
}

#[test]
fn a_file_is_converted_as_ffmpeg_does_it() {
    let (_folder, clip) = clip_of(PixelFormat::Nv12);
    let mut camera = open(&clip);
    for pixels in [PixelFormat::Uyvy, PixelFormat::Rgb] {
        let expected = clip::frames(&clip, pixels);
        let mut stream = camera.start(format(pixels)).unwrap();
        for expected in expected.iter().take(3) {
            let came = next(&mut *stream, format(pixels)).bytes;
            assert_eq!(came.len(), expected.len());
            let differs = came
                .iter()
                .zip(expected)
                .map(|(a, b)| u64::from(a.abs_diff(*b)));
            let mean = differs.sum::<u64>() as f64 / came.len() as f64;
            assert!(mean < 4.0, "{pixels}: {mean} on average");
        }
    }
}

/// The processes that this thread's threads have started and that decode `clip`.
fn decoders_of(clip: &Path) -> Vec<i32> {
    let whole = clip.canonicalize().unwrap();
    let shows = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let mut arguments = line.split(|&byte| byte == 0);
        arguments.any(|one| one == whole.as_os_str().as_encoded_bytes())
    };
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(shows).collect()
}

#[test]
fn a_decoder_that_dies_is_a_camera_that_is_gone_and_comes_back() {
    let (_folder, clip) = clip_of(PixelFormat::Nv12);
    let format = format(PixelFormat::Nv12);
    let expected = clip::frames(&clip, PixelFormat::Nv12);
    let mut camera = open(&clip);
    assert!(decoders_of(&clip).is_empty(), "none while nobody looks");
    let mut stream = camera.start(format).unwrap();
    next(&mut *stream, format);
    let [decoder] = decoders_of(&clip)[..] else {
        panic!("one process decodes");
    };
    let pid = rustix::process::Pid::from_raw(decoder).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let error = loop {
        match next_within(&mut *stream, format, PATIENCE) {
            Ok(frame) => assert!(frame.is_some(), "an error comes sooner than this"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, CameraError::Lost { .. }), "{error}");
    assert!(error.to_string().contains("signal: 9"), "{error}");
    drop(stream);
    let mut stream = camera.start(format).unwrap();
    shows_all(&mut *stream, format, &expected);
    drop(stream);
    assert!(decoders_of(&clip).is_empty());
}

#[test]
fn files_that_cannot_be_shown_say_why() {
    let folder = TempDir::new().unwrap();
    let text = folder.path().join("text.mp4");
    fs::write(&text, "this is no film").unwrap();
    let said = |clip: &Path| match FileCamera::with_program(clip, &cuframes()) {
        Err(error @ CameraError::Unusable { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(said(&folder.path().join("none.mp4")).contains("No such file"));
    assert!(said(&text).contains("Invalid data"), "{}", said(&text));
    assert!(
        said(folder.path()).contains("directory"),
        "{}",
        said(folder.path())
    );
    let refused = FileCamera::with_program(&text, Path::new("/nowhere/cuframes"));
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("starting /nowhere/cuframes"), "{refused}");
}

#[test]
fn what_a_file_cannot_do_is_refused() {
    let (_folder, clip) = clip_of(PixelFormat::Nv12);
    let mut camera = open(&clip);
    let other = VideoFormat {
        width: WIDTH + 2,
        ..format(PixelFormat::Nv12)
    };
    for wrong in [other, format(PixelFormat::Mjpg)] {
        let refused = camera.start(wrong).err().expect("an error");
        assert!(matches!(refused, CameraError::NoFormat { .. }), "{refused}");
    }
    assert_eq!(camera.controls().unwrap(), []);
    let refused = camera.set(Control::Gain, 1).unwrap_err();
    assert!(
        matches!(refused, CameraError::NoControl { .. }),
        "{refused}"
    );
}

#[test]
fn nothing_comes_in_no_time() {
    let (_folder, clip) = clip_of(PixelFormat::Nv12);
    let format = format(PixelFormat::Nv12);
    let mut stream = open(&clip).start(format).unwrap();
    next(&mut *stream, format);
    let none = (0..100).any(|_| {
        let came = next_within(&mut *stream, format, Duration::ZERO).unwrap();
        came.is_none()
    });
    assert!(none, "100 frames at once, of {RATE} a second");
}
