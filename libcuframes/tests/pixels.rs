//! A red picture is red: every format's bytes are where its definition puts them.

mod common;

use common::{key, next, shared, strict};
use cuframes::{Format, Frame, FrameLayout, FrameMeta, Publisher, StreamInfo, Subscriber};

/// Pure red in BT.601, limited range.
const Y: u8 = 81;
const U: u8 = 90;
const V: u8 = 240;
/// The same in ten bits, in the high bits of a u16.
const Y10: [u8; 2] = ((Y as u16) << 8).to_le_bytes();
const U10: [u8; 2] = ((U as u16) << 8).to_le_bytes();
const V10: [u8; 2] = ((V as u16) << 8).to_le_bytes();

/// Bytes of red that repeat along a row, and how many pixels and rows one repetition stands for.
struct Pattern {
    bytes: &'static [u8],
    wide: u32,
    high: u32,
}

const fn pattern(bytes: &'static [u8], wide: u32, high: u32) -> Pattern {
    Pattern { bytes, wide, high }
}

/// The planes of a red picture, from the definition of each fourcc in `drm_fourcc.h`.
fn red(format: Format) -> Vec<Pattern> {
    const UV10: [u8; 4] = [U10[0], U10[1], V10[0], V10[1]];
    let pixel = |bytes| vec![pattern(bytes, 1, 1)];
    match format {
        Format::Nv12 => vec![pattern(&[Y], 1, 1), pattern(&[U, V], 2, 2)],
        Format::P010 => vec![pattern(&Y10, 1, 1), pattern(&UV10, 2, 2)],
        Format::Yu12 => vec![
            pattern(&[Y], 1, 1),
            pattern(&[U], 2, 2),
            pattern(&[V], 2, 2),
        ],
        Format::Yuyv => vec![pattern(&[Y, U, Y, V], 2, 1)],
        Format::Uyvy => vec![pattern(&[U, Y, V, Y], 2, 1)],
        Format::Rg24 => pixel(&[0, 0, 255]),
        Format::Bg24 => pixel(&[255, 0, 0]),
        Format::Ar24 => pixel(&[0, 0, 255, 255]),
        Format::Ab24 => pixel(&[255, 0, 0, 255]),
        Format::Xr24 => pixel(&[0, 0, 255, 0]),
        Format::Xb24 => pixel(&[255, 0, 0, 0]),
        Format::R8 => pixel(&[Y]),
        other => panic!("{other} has no red here"),
    }
}

/// The picture without padding, by the definition alone.
fn packed_red(format: Format, width: u32, height: u32) -> Vec<u8> {
    let mut picture = Vec::new();
    for plane in red(format) {
        let groups = width.div_ceil(plane.wide) as usize;
        let row = plane.bytes.repeat(groups);
        picture.extend(row.repeat(height.div_ceil(plane.high) as usize));
    }
    picture
}

/// Makes a red picture in a slot, row by row, with something else in the padding.
fn publish_red(publisher: &mut Publisher, format: Format, meta: &FrameMeta) {
    let mut frame = publisher.acquire().expect("acquire").expect("a slot");
    let (width, height) = (frame.layout().width, frame.layout().height);
    for (index, plane) in red(format).iter().enumerate() {
        let (pitch, rows) = (frame.pitch(index), height.div_ceil(plane.high) as usize);
        let row = plane.bytes.repeat(width.div_ceil(plane.wide) as usize);
        let bytes = frame.plane_mut(index);
        assert_eq!(bytes.len(), pitch * rows, "{format} plane {index}");
        bytes.fill(0xEE);
        for to in bytes.chunks_exact_mut(pitch) {
            to[..row.len()].copy_from_slice(&row);
        }
    }
    publisher.publish(frame, meta).expect("publish");
}

/// Reads every row of every plane and compares it with the definition.
fn check_red(frame: &Frame, format: Format, width: u32, height: u32) {
    let layout = frame.layout();
    assert_eq!(
        (layout.format, layout.width, layout.height),
        (format, width, height)
    );
    let planes = red(format);
    assert_eq!(frame.plane_count(), planes.len());
    for (index, expected) in planes.iter().enumerate() {
        let plane = frame.plane(index);
        let row = expected
            .bytes
            .repeat(width.div_ceil(expected.wide) as usize);
        assert_eq!(plane.row_bytes(), row.len(), "{format} plane {index}");
        assert_eq!(
            plane.rows(),
            height.div_ceil(expected.high) as usize,
            "{format} plane {index}"
        );
        assert!(plane.pitch() >= row.len() && plane.pitch() % 256 == 0);
        assert_eq!(plane.as_ptr() as usize % 256, 0, "{format} plane {index}");
        let mut got = vec![0; row.len()];
        for y in 0..plane.rows() {
            assert!(plane.copy_row(y, &mut got));
            assert_eq!(got, row, "{format} {width}x{height} plane {index} row {y}");
        }
        assert!(!plane.copy_row(plane.rows(), &mut got), "a row too many");
        assert!(!plane.copy_row(0, &mut got[1..]), "a buffer too short");
    }
    assert_eq!(frame.plane(planes.len()).rows(), 0, "no such plane");
    let expected = packed_red(format, width, height);
    assert_eq!(layout.packed_size(), expected.len() as u64);
    let mut packed = vec![0x55; expected.len() + 3];
    frame.copy_to(&mut packed).expect("copy");
    assert!(
        packed[..expected.len()] == expected[..],
        "{format} {width}x{height} packed"
    );
    assert_eq!(
        packed[expected.len()..],
        [0x55; 3],
        "nothing beyond the picture"
    );
    let short = frame.copy_to(&mut packed[..expected.len() - 1]);
    assert!(short.is_err(), "a buffer too short");
}

fn pair(key: &str, format: Format, width: u32, height: u32) -> (Publisher, Subscriber) {
    let builder = Publisher::builder(key).format(format).size(width, height);
    let publisher = builder.slots(2).build().expect("publisher");
    let subscriber = strict(key, "reader").connect().expect("subscriber");
    (publisher, subscriber)
}

#[test]
fn red_is_red_in_every_format_and_size() {
    let _guard = shared();
    let sizes = [
        (1, 1),
        (1, 7),
        (7, 1),
        (3, 5),
        (2, 2),
        (257, 3),
        (1920, 1080),
        (32768, 2),
        (2, 32768),
        (32767, 1),
    ];
    let mut seen = 0;
    for format in Format::ALL {
        for (width, height) in sizes {
            let key = key(&format!("{}-{width}x{height}", format.fourcc_name()));
            let (mut publisher, mut subscriber) = pair(&key, format, width, height);
            publish_red(&mut publisher, format, &FrameMeta::default());
            check_red(&next(&mut subscriber), format, width, height);
            seen += 1;
        }
    }
    assert_eq!(seen, 12 * 10);
}

#[test]
fn the_largest_picture_is_red_too() {
    let _guard = shared();
    let (format, size) = (Format::R8, 32768);
    let key = key("largest");
    let (mut publisher, mut subscriber) = pair(&key, format, size, 1024);
    publish_red(&mut publisher, format, &FrameMeta::default());
    check_red(&next(&mut subscriber), format, size, 1024);
}

#[test]
fn the_formats_differ_where_they_should() {
    // Were two definitions the same by mistake, red would be red for the wrong reason.
    let pictures = Format::ALL.map(|format| (format, packed_red(format, 4, 2)));
    for (index, (format, picture)) in pictures.iter().enumerate() {
        let same = pictures[index + 1..]
            .iter()
            .find(|other| other.1 == *picture);
        assert!(
            same.is_none(),
            "{format} and {:?}",
            same.map(|other| other.0)
        );
    }
}

#[test]
fn a_copied_picture_is_red_too() {
    let _guard = shared();
    for format in Format::ALL {
        let (width, height) = (5, 3);
        let key = key(&format!("copy-{}", format.fourcc_name()));
        let (mut publisher, mut subscriber) = pair(&key, format, width, height);
        // A pitch of the caller's own: 11 bytes of something else behind each row.
        let sources: Vec<(Vec<u8>, usize)> = red(format)
            .iter()
            .map(|plane| {
                let row = plane.bytes.repeat(width.div_ceil(plane.wide) as usize);
                let padded = [row.clone(), vec![0xEE; 11]].concat();
                let rows = height.div_ceil(plane.high) as usize;
                let mut bytes = padded.repeat(rows);
                // Behind the last row there need not be any padding.
                bytes.truncate(bytes.len() - 11);
                (bytes, padded.len())
            })
            .collect();
        let planes: Vec<(&[u8], usize)> = sources.iter().map(|(b, p)| (b.as_slice(), *p)).collect();
        let seq = publisher
            .publish_copy(&planes, &FrameMeta::default())
            .expect("copy");
        assert_eq!((seq, publisher.stats().copies), (Some(1), 1));
        check_red(&next(&mut subscriber), format, width, height);
        let short = [(&planes[0].0[1..], planes[0].1)];
        let planes = [&short, &planes[1..]].concat();
        let error = publisher
            .publish_copy(&planes, &FrameMeta::default())
            .expect_err("short");
        assert_eq!(error.code(), cuframes::ErrorCode::InvalidArgument);
        assert_eq!(publisher.stats().published, 1);
    }
}

#[test]
fn room_for_a_decoder_is_no_part_of_the_picture() {
    let _guard = shared();
    let (width, height, room) = (66, 34, (1000, 50));
    let key = key("room");
    let mut publisher = Publisher::builder(&key)
        .format(Format::Yu12)
        .size(width, height)
        .room(room.0, room.1)
        .build()
        .expect("publisher");
    let larger = FrameLayout::new(Format::Yu12, room.0, room.1).expect("possible");
    let places = |layout: &FrameLayout| (layout.plane_offset, layout.plane_pitch);
    let mut subscriber = strict(&key, "reader").connect().expect("subscriber");
    let mut check = |publisher: &mut Publisher, format| {
        publish_red(publisher, format, &FrameMeta::default());
        let frame = next(&mut subscriber);
        check_red(&frame, format, width, height);
        assert_eq!(places(frame.layout()), places(publisher.layout()));
        drop(frame);
    };
    check(&mut publisher, Format::Yu12);
    assert_eq!(places(publisher.layout()), places(&larger));
    // It stays when something else is said of the stream, and goes with another geometry.
    let info = StreamInfo {
        fps: (25, 1),
        ..StreamInfo::default()
    };
    publisher.set_stream_info(info).expect("told");
    check(&mut publisher, Format::Yu12);
    assert_eq!(places(publisher.layout()), places(&larger));
    publisher
        .reconfigure(Format::Nv12, width, height)
        .expect("another");
    check(&mut publisher, Format::Nv12);
    let plain = FrameLayout::new(Format::Nv12, width, height).expect("possible");
    assert_eq!(*publisher.layout(), plain);
    publisher
        .reconfigure_with_room(Format::Yu12, (width, height), room)
        .expect("another");
    check(&mut publisher, Format::Yu12);
    assert_eq!(places(publisher.layout()), places(&larger));
}
