//! Key, buffer, key: what goes in comes out.

use std::process::Command;

use cuframes::Format;
use zerobuffer_peer::{leftovers, md5};

use super::{Stage, all, assert_counts, event, frames, summary};
use crate::cuda::has_gpu;
use crate::support::{assert_code, noise};

/// Two bridges between a publisher and a reader: what the reader gets.
fn round_trip(what: &str, input: &[u8], into: &str, out: &str) -> (Vec<u8>, u64) {
    let stage = Stage::new();
    let to_key = stage.to_key(&format!("--once {out}"));
    let to_buffer = stage.to_buffer(&format!("--once {into}"));
    let publisher = stage.publish(what, input.to_vec());
    let line = stage.line("sub KEY2 --strict -o - --connect-timeout 9");
    let read = stage.place.run(&line);
    assert_code(&read, 0);
    assert_code(&publisher.output(), 0);
    let (into, out) = (summary(to_buffer), summary(to_key));
    let frames = into["frames"].as_u64().expect("a count");
    assert_counts(&into, all(frames));
    assert_counts(&out, all(frames));
    assert_eq!(
        (&into["ended"], &out["ended"]),
        (&"end_of_stream".into(), &"end_of_stream".into())
    );
    assert_eq!(into["bytes"], out["bytes"]);
    assert_eq!(
        leftovers(&stage.buffer),
        [""; 0].map(std::path::PathBuf::from)
    );
    (read.stdout, frames)
}

#[test]
fn every_format_comes_back_with_odd_sizes_and_both_kinds_of_rows() {
    const FRAMES: usize = 25;
    let mut trips = 0;
    for (seed, format) in Format::ALL.into_iter().enumerate() {
        let size = usize::try_from(format.packed_size(33, 17)).expect("a small frame");
        let input = noise(size * FRAMES, seed as u64);
        for rows in ["packed", "gstreamer"] {
            // Room for about three frames, so that the ring goes round many times.
            let (into, out) = (format!("--rows {rows}"), "--payload-size 6000");
            let what = format!("--size 33x17 --format {format}");
            let (read, frames) = round_trip(&what, &input, &into, out);
            assert_eq!(frames, FRAMES as u64, "{format} {rows}");
            assert_eq!(read.len(), input.len(), "{format} {rows}");
            assert!(read == input, "{format} {rows}: other bytes");
            trips += 1;
        }
    }
    assert_eq!(trips, 24);
}

#[test]
fn a_camera_comes_back_frame_by_frame() {
    const FRAMES: usize = 60;
    let size = 640 * 360 * 3 / 2;
    let input = noise(size * FRAMES, 7);
    let (read, frames) = round_trip(
        "--size 640x360 --format nv12",
        &input,
        "",
        "--payload-size 2M",
    );
    assert_eq!(frames, FRAMES as u64);
    assert_eq!(read.len(), input.len());
    let mut compared = 0;
    for (found, expected) in read.chunks_exact(size).zip(input.chunks_exact(size)) {
        assert_eq!(md5(found), md5(expected), "frame {compared}");
        compared += 1;
    }
    assert_eq!(compared, FRAMES);
}

/// The control of the comparisons above: caps that are wrong, and of the same size.
#[test]
fn wrong_caps_are_other_bytes_and_padding_is_zero() {
    const FRAMES: usize = 9;
    let input = noise(33 * 17 * FRAMES, 6);
    let caps = "--caps video/x-raw,format=GRAY8,width=36,height=17";
    let (read, frames) = round_trip(
        "--size 33x17 --format gray",
        &input,
        "--rows gstreamer",
        caps,
    );
    assert_eq!((frames, read.len()), (FRAMES as u64, 36 * 17 * FRAMES));
    assert_ne!(read, input);
    let mut compared = 0;
    for (found, expected) in read.chunks_exact(36).zip(input.chunks_exact(33)) {
        assert_eq!((&found[..33], &found[33..]), (expected, &[0; 3][..]));
        compared += 1;
    }
    assert_eq!(compared, 17 * FRAMES);
}

#[test]
fn as_many_frames_as_wanted_are_carried() {
    let stage = Stage::new();
    let to_key = stage.to_key("--once");
    let to_buffer = stage.to_buffer("--frames 7");
    let publisher = stage.publish("--size 8x8 --format gray", noise(64 * 30, 3));
    let line = stage.line("sub KEY2 --strict -o - --connect-timeout 9");
    let read = stage.place.run(&line);
    assert_code(&read, 0);
    assert!(read.stdout == noise(64 * 30, 3)[..64 * 7]);
    let (into, out) = (summary(to_buffer), summary(to_key));
    assert_counts(&into, all(7));
    assert_counts(&out, all(7));
    assert_eq!(
        (&into["ended"], &out["ended"]),
        (&"frames".into(), &"end_of_stream".into())
    );
    assert_code(&publisher.output(), 0);
}

#[test]
fn a_full_buffer_drops_frames_and_counts_them() {
    const FRAMES: u64 = 40;
    let stage = Stage::new();
    // A buffer that nobody reads, with room for three frames of 1024 and 16 bytes.
    let config = zerobuffer::BufferConfig::new(1024, 3200);
    let mut reader = zerobuffer::Reader::create(&stage.buffer, &config).expect("a buffer");
    let line = "bridge zerobuffer --from KEY --to BUFFER --strict --json";
    let to_buffer = stage.start(line);
    let input = noise(1024 * FRAMES as usize, 4);
    let publisher = stage.publish("--size 32x32 --format gray", input.clone());
    let ended = summary(to_buffer);
    assert_code(&publisher.output(), 0);
    let counts = [
        ("frames", 3),
        ("missed", 0),
        ("dropped_full", FRAMES - 3),
        ("dropped_alone", 0),
        ("dropped_size", 0),
    ];
    assert_counts(&ended, counts);
    for frame in input.chunks_exact(1024).take(3) {
        let read = reader.read(std::time::Duration::ZERO).expect("no error");
        assert!(read.expect("a frame").to_vec() == frame);
    }
    let end = reader
        .read(std::time::Duration::ZERO)
        .map(|frame| frame.is_some());
    assert!(
        matches!(end, Err(zerobuffer::Error::WriterDead { .. })),
        "{end:?}"
    );
}

#[test]
fn frames_on_a_gpu_are_downloaded() {
    const FRAMES: usize = 12;
    if !has_gpu("frames_on_a_gpu_are_downloaded") {
        return;
    }
    let size = usize::try_from(Format::Nv12.packed_size(70, 34)).expect("a small frame");
    let input = noise(size * FRAMES, 5);
    for (memory, rows) in [("cuda_ipc", "packed"), ("cuda_vmm", "gstreamer")] {
        let what = format!("--size 70x34 --format nv12 --memory {memory}");
        let (into, out) = (format!("--cuda --rows {rows}"), "--payload-size 20000");
        let (read, frames) = round_trip(&what, &input, &into, out);
        assert_eq!(
            (frames, read.len()),
            (FRAMES as u64, input.len()),
            "{memory}"
        );
        assert!(read == input, "{memory}: other bytes");
    }
}

#[test]
fn pictures_of_gstreamer_are_as_large_as_it_makes_them() {
    let names = [
        "NV12",
        "P010_10LE",
        "I420",
        "YUY2",
        "UYVY",
        "BGR",
        "RGB",
        "BGRA",
        "RGBA",
        "BGRx",
        "RGBx",
        "GRAY8",
    ];
    assert_eq!(names.len(), Format::ALL.len());
    for name in names {
        let stage = Stage::new();
        let file = stage.place.dir.path().join("picture");
        let caps = format!("video/x-raw,format={name},width=33,height=17,framerate=25/1");
        let made = Command::new("gst-launch-1.0")
            .args([
                "-q",
                "videotestsrc",
                "num-buffers=1",
                "pattern=snow",
                "!",
                &caps,
                "!",
            ])
            .args(["filesink", &format!("location={}", file.display())])
            .status()
            .expect("gst-launch-1.0, which is the reference, is installed");
        assert!(made.success(), "{name}: {made}");
        let picture = std::fs::read(&file).expect("the picture");
        let mut to_key = stage.to_key(&format!("--once --caps {caps}"));
        event(&mut to_key, "created");
        let mut writer = zerobuffer::Writer::connect(&stage.buffer).expect("a writer");
        let (sub, frames_file) = stage.sub("KEY2");
        writer.write(&picture).expect("is written");
        drop(writer);
        let read = frames(sub, &frames_file);
        let format = Format::ALL[names.iter().position(|known| *known == name).expect("it")];
        assert_eq!(read.len() as u64, format.packed_size(33, 17), "{name}");
        assert!(
            picture.starts_with(&read[..format.plane_row_bytes(0, 33) as usize]),
            "{name}"
        );
        assert_counts(&summary(to_key), all(1));
    }
}
