//! Keys as cameras.

use std::time::Duration;

use cuframes::{
    Codec, Format, FrameMeta, PacketFlags, PacketMeta, PacketRing, Publisher, StreamInfo, keys,
};
use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::camera::cuframes::{KeyCamera, key_format};
use vizion_streamer::camera::{Camera, CameraError, Capture, Control, Picture};

use crate::canvas::{PATIENCE, next, next_within};

const WIDTH: u32 = 98;
const HEIGHT: u32 = 54;

fn key(name: &str) -> String {
    format!("vizion-test-{}-{name}", std::process::id())
}

fn format(format: PixelFormat) -> VideoFormat {
    VideoFormat {
        width: WIDTH,
        height: HEIGHT,
        framerate: 25,
        format,
    }
}

fn publisher(key: &str, format: Format) -> Publisher {
    let fps = StreamInfo {
        fps: (25, 1),
        ..StreamInfo::default()
    };
    let builder = Publisher::builder(key).size(WIDTH, HEIGHT).format(format);
    builder.stream_info(fps).build().expect("a publisher")
}

/// Bytes that are others for each frame, row and plane.
fn picture(format: VideoFormat, number: u64) -> Vec<u8> {
    let size = format
        .format
        .frame_size(format.width, format.height)
        .unwrap() as u64;
    let byte = |at: u64| (at.wrapping_mul(2_654_435_761) >> 7).wrapping_add(number * 37) as u8;
    (0..size).map(byte).collect()
}

fn publish(publisher: &mut Publisher, format: VideoFormat, number: u64) {
    let mut slot = publisher.acquire().unwrap().expect("a slot");
    let picture = picture(format, number);
    let mut rest = &picture[..];
    for plane in 0..format.format.plane_count() {
        let bytes = format.format.row_bytes(plane, format.width);
        let pitch = slot.pitch(plane);
        for row in 0..format.format.rows(plane, format.height) {
            let (from, after) = rest.split_at(bytes);
            slot.plane_mut(plane)[row * pitch..][..bytes].copy_from_slice(from);
            rest = after;
        }
    }
    assert!(rest.is_empty());
    publisher.publish(slot, &FrameMeta::default()).unwrap();
}

fn is_lost(error: &CameraError) {
    assert!(matches!(error, CameraError::Lost { .. }), "{error}");
}

fn end_of(stream: &mut dyn Capture, format: VideoFormat) -> CameraError {
    loop {
        match next_within(stream, format, PATIENCE) {
            Ok(frame) => assert!(frame.is_some(), "an error comes sooner than this"),
            Err(error) => return error,
        }
    }
}

#[test]
fn frames_of_each_format_to_the_byte() {
    for pixels in PixelFormat::ALL {
        let Some(raw) = key_format(pixels) else {
            continue;
        };
        let (key, format) = (key(&format!("raw-{pixels}")), format(pixels));
        let mut publisher = publisher(&key, raw);
        let mut camera = KeyCamera::open(&key).unwrap();
        assert_eq!(camera.formats().unwrap(), [format]);
        let mut stream = camera.start(format).unwrap();
        for number in 0..10 {
            publish(&mut publisher, format, number);
            let frame = next(&mut *stream, format);
            assert!(
                frame.bytes == picture(format, number),
                "{pixels}: frame {number}"
            );
            assert_eq!(frame.lost, 0);
        }
    }
}

#[test]
fn frames_that_were_missed_are_counted() {
    let (key, format) = (key("missed"), format(PixelFormat::Nv12));
    let mut publisher = publisher(&key, Format::Nv12);
    let mut stream = KeyCamera::open(&key).unwrap().start(format).unwrap();
    publish(&mut publisher, format, 1);
    next(&mut *stream, format);
    for number in 2..=30 {
        publish(&mut publisher, format, number);
    }
    let (mut lost, mut came) = (0, 0);
    while let Some(frame) = next_within(&mut *stream, format, Duration::ZERO).unwrap() {
        lost += frame.lost;
        came += 1;
    }
    assert!(came >= 1 && lost >= 20, "{came} came, {lost} lost");
    assert_eq!(came + lost, 29);
}

#[test]
fn a_publisher_that_goes_is_a_loss_and_one_that_comes_is_joined() {
    let (key, format) = (key("loss"), format(PixelFormat::Yuy2));
    let mut first = publisher(&key, Format::Yuyv);
    let mut camera = KeyCamera::open(&key).unwrap();
    let mut stream = camera.start(format).unwrap();
    publish(&mut first, format, 1);
    next(&mut *stream, format);
    drop(first);
    is_lost(&end_of(&mut *stream, format));
    drop(stream);
    is_lost(&camera.start(format).err().expect("an error"));
    is_lost(&camera.formats().unwrap_err());

    let mut second = publisher(&key, Format::Yuyv);
    let mut stream = camera.start(format).unwrap();
    publish(&mut second, format, 2);
    assert!(next(&mut *stream, format).bytes == picture(format, 2));
    second.finish().unwrap();
    is_lost(&end_of(&mut *stream, format));
    drop(stream);

    let _third = publisher(&key, Format::Uyvy);
    let refused = camera.start(format).err().expect("an error");
    assert!(matches!(refused, CameraError::NoFormat { .. }), "{refused}");
}

fn packets(key: &str, codec: Codec) -> Publisher {
    let builder = Publisher::builder(key).size(WIDTH, HEIGHT).packets_only();
    let builder = builder.enable_packets(PacketRing::default());
    let mut publisher = builder.build().expect("a publisher");
    publisher.set_codec_params(codec, &[]).unwrap();
    publisher
}

/// A packet of `size` bytes, and publishes it.
fn send(publisher: &mut Publisher, size: usize) -> Vec<u8> {
    let packet: Vec<u8> = (0..size).map(|at| (at * 31 % 251) as u8).collect();
    let meta = PacketMeta {
        flags: PacketFlags::KEY,
        ..PacketMeta::default()
    };
    publisher.publish_packet(&packet, &meta).unwrap();
    packet
}

#[test]
fn mjpeg_packets_come_as_they_are() {
    let (key, format) = (key("mjpeg"), format(PixelFormat::Mjpg));
    let mut publisher = packets(&key, Codec::MJPEG);
    send(&mut publisher, 10);
    let mut camera = KeyCamera::open(&key).unwrap();
    let untold = VideoFormat {
        framerate: 30,
        ..format
    };
    assert_eq!(camera.formats().unwrap(), [untold]);
    let mut stream = camera.start(untold).unwrap();
    // The last one is larger than the room that there is at first.
    for size in [1, 1000, 70_000, (1 << 20) + 1] {
        let jpeg = send(&mut publisher, size);
        let captured = stream.next(None, PATIENCE).unwrap().expect("a packet");
        assert_eq!(captured.lost, 0);
        let Picture::Jpeg(came) = captured.picture else {
            panic!("a JPEG picture");
        };
        assert!(came == jpeg, "{size} bytes");
    }
    drop(publisher);
    let error = stream.next(None, PATIENCE).expect_err("an error");
    is_lost(&error);
}

#[test]
fn a_codec_that_is_told_with_the_first_packet_is_waited_for() {
    let key = key("untold");
    let mut publisher = packets(&key, Codec::MJPEG);
    let refused = KeyCamera::open(&key).unwrap_err().to_string();
    assert!(refused.contains("none came yet"), "{refused}");
    let opened = std::thread::scope(|scope| {
        let opened = scope.spawn(|| KeyCamera::open(&key));
        while keys::info(&key, &[]).unwrap().subscribers.is_empty() {
            std::thread::yield_now();
        }
        send(&mut publisher, 10);
        opened.join().unwrap()
    });
    assert_eq!(opened.unwrap().formats().unwrap().len(), 1);
}

#[test]
fn keys_that_are_no_camera_say_what_to_do() {
    let missing = KeyCamera::open(&key("missing")).unwrap_err().to_string();
    assert!(missing.contains("start it first"), "{missing}");
    let planar = key("planar");
    let _publisher = publisher(&planar, Format::Yu12);
    let refused = KeyCamera::open(&planar).unwrap_err().to_string();
    assert!(
        refused.contains("yuv420p") && refused.contains("nv12"),
        "{refused}"
    );
    let h264 = key("h264");
    let mut publisher = packets(&h264, Codec::H264);
    send(&mut publisher, 10);
    let refused = KeyCamera::open(&h264).unwrap_err().to_string();
    assert!(refused.contains("not MJPEG"), "{refused}");
}

#[test]
fn a_key_has_no_controls() {
    let key = key("controls");
    let _publisher = publisher(&key, Format::Nv12);
    let mut camera = KeyCamera::open(&key).unwrap();
    assert_eq!(camera.controls().unwrap(), []);
    let refused = camera.set(Control::Brightness, 1).unwrap_err();
    assert!(
        matches!(refused, CameraError::NoControl { .. }),
        "{refused}"
    );
}
