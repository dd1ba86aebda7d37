//! Names, sizes, and frames that do not fit.

use std::time::Duration;

use vizion::{FrameInfo, FrameReader, FrameWriter, PixelFormat, Rows, ShmError, Written};

use crate::pictures::{BYTES, info, picture};
use crate::support::{Name, PATIENCE};
use crate::writer::SIZE;

#[test]
fn names_that_lead_elsewhere_are_refused_by_both_sides() {
    for bad in ["", "/", "/../etc/x", "a/b", "/a/b", "..", "/a..b", "a\0b"] {
        let error = FrameWriter::create(bad, SIZE).expect_err(bad);
        assert!(matches!(error, ShmError::Name { .. }), "{bad}: {error}");
        let error = FrameReader::open(bad).expect_err(bad);
        assert!(matches!(error, ShmError::Name { .. }), "{bad}: {error}");
    }
}

#[test]
fn a_name_is_the_same_with_its_slash_and_without() {
    let name = Name::new("slash");
    let writer = FrameWriter::create(&name.0[1..], SIZE).expect("is made");
    assert_eq!(
        writer.size(),
        std::fs::metadata(name.path()).expect("is there").len()
    );
    let with = FrameReader::open(&name.0).expect("is there");
    let without = FrameReader::open(&name.0[1..]).expect("is there");
    assert_eq!(with.writer_pid(), without.writer_pid());
}

#[test]
fn sizes_without_room_for_a_frame_and_larger_than_the_machine_are_refused() {
    let name = Name::new("sizes");
    for size in [0, 1, 127, 128, 1 << 63, u64::MAX, 1 << 50] {
        let error = FrameWriter::create(&name.0, size).expect_err("cannot be");
        assert!(matches!(error, ShmError::Size { .. }), "{size}: {error}");
        name.assert_gone();
    }
    FrameWriter::create(&name.0, 129).expect("one byte");
}

#[test]
fn a_frame_that_does_not_fit_is_dropped_whole_and_counted() {
    let name = Name::new("large");
    let mut writer = FrameWriter::create(&name.0, SIZE).expect("is made");
    let mut reader = FrameReader::open(&name.0).expect("is there");
    let written = writer.write(&info(1), &[Rows::packed(picture(1))]);
    assert_eq!(written.expect("is written"), Written::Frame(1));
    let mut bytes = Vec::new();
    reader
        .read(&mut bytes, PATIENCE)
        .expect("reads")
        .expect("a frame");

    let mut large = info(2);
    large.height += 1;
    let rows = vec![9; BYTES + 640];
    let written = writer
        .write(&large, &[Rows::packed(&rows)])
        .expect("is looked at");
    let (needed, capacity) = (BYTES as u64 + 640, BYTES as u64);
    assert_eq!(written, Written::Dropped { needed, capacity });
    assert_eq!((writer.frames(), writer.dropped()), (1, 1));
    // There is nothing new, and what is there is still the frame before.
    assert!(matches!(reader.next(Duration::from_millis(20)), Ok(None)));
    let mut late = FrameReader::open(&name.0).expect("is there");
    let header = late
        .read(&mut bytes, PATIENCE)
        .expect("reads")
        .expect("a frame");
    assert_eq!(bytes, picture(1));
    let extras = header.extras.expect("one of ours");
    assert_eq!((extras.dropped, extras.capacity), (1, capacity));
    // It takes no number: those of readers have no gap.
    let written = writer.write(&info(2), &[Rows::packed(picture(2))]);
    assert_eq!(written.expect("is written"), Written::Frame(2));
    reader
        .read(&mut bytes, PATIENCE)
        .expect("reads")
        .expect("a frame");
    assert_eq!(reader.missed(), 0);
}

#[test]
fn what_is_no_frame_of_its_format_is_refused() {
    let name = Name::new("wrong");
    let mut writer = FrameWriter::create(&name.0, SIZE).expect("is made");
    let rows = |row_bytes, pitch, rows| Rows {
        bytes: picture(1),
        pitch,
        row_bytes,
        rows,
    };
    let (wide, one) = (usize::MAX, Rows::packed(picture(1)));
    let bad: [&[Rows<'_>]; 7] = [
        &[],
        &[rows(640, 640, 239)],
        &[rows(640, 600, 240)],
        &[rows(640, 641, 240)],
        &[rows(wide, wide, 2)],
        &[rows(640, wide, 240)],
        &[one, one],
    ];
    for planes in bad {
        let error = writer.write(&info(1), planes).expect_err("is no picture");
        assert!(matches!(error, ShmError::Frame { .. }), "{error}");
    }
    for (width, height) in [(0, 240), (320, 0), (1 << 16, 1), (u32::MAX, u32::MAX)] {
        let info = FrameInfo {
            width,
            height,
            ..info(1)
        };
        let error = writer.write(&info, &[one]).expect_err("no such size");
        assert!(matches!(error, ShmError::Frame { .. }), "{error}");
    }
    let jpeg = FrameInfo {
        format: PixelFormat::Mjpg,
        ..info(1)
    };
    for planes in [&[][..], &[Rows::packed(&[])], &[one, one]] {
        writer.write(&jpeg, planes).expect_err("no JPEG picture");
    }
    assert_eq!((writer.frames(), writer.dropped()), (0, 0));
}

/// 320x240 with padding behind each row, of every format.
#[test]
fn rows_that_are_apart_arrive_packed() {
    let name = Name::new("rows");
    let mut writer = FrameWriter::create(&name.0, SIZE + 100_000).expect("is made");
    let mut reader = FrameReader::open(&name.0).expect("is there");
    let mut bytes = Vec::new();
    for (format, at) in PixelFormat::ALL.into_iter().zip(1u64..) {
        let (width, height) = (322, 242);
        let mut wanted = Vec::new();
        let planes: Vec<(Vec<u8>, usize, usize)> = (0..format.plane_count())
            .map(|plane| {
                let (row, rows) = (format.row_bytes(plane, width), format.rows(plane, height));
                let mut padded = Vec::new();
                for index in 0..rows {
                    let pixels: Vec<u8> = (0..row)
                        .map(|x| (x * 7 + index * 3 + plane) as u8)
                        .collect();
                    wanted.extend_from_slice(&pixels);
                    padded.extend_from_slice(&pixels);
                    padded.extend_from_slice(&[0xEE; 30]);
                }
                padded.truncate(padded.len() - 30);
                (padded, row, rows)
            })
            .collect();
        let mut rows: Vec<_> = planes
            .iter()
            .map(|(bytes, row_bytes, rows)| Rows {
                bytes,
                pitch: row_bytes + 30,
                row_bytes: *row_bytes,
                rows: *rows,
            })
            .collect();
        if format == PixelFormat::Mjpg {
            wanted = b"\xFF\xD8 no picture \xFF\xD9".to_vec();
        }
        let jpeg = wanted.clone();
        if format == PixelFormat::Mjpg {
            rows.push(Rows::packed(&jpeg));
        }
        let info = FrameInfo {
            width,
            height,
            format,
            timestamp_ns: at,
        };
        writer.write(&info, &rows).expect("is written");
        let header = reader
            .read(&mut bytes, PATIENCE)
            .expect("reads")
            .expect("a frame");
        assert_eq!((header.format, header.timestamp_ns), (format, at));
        assert_eq!(bytes, wanted, "{format}");
    }
    assert_eq!((reader.missed(), writer.frames()), (0, 6));
}

#[test]
fn a_view_says_when_it_is_torn() {
    let name = Name::new("view");
    let mut writer = FrameWriter::create(&name.0, SIZE).expect("is made");
    let mut reader = FrameReader::open(&name.0).expect("is there");
    writer
        .write(&info(1), &[Rows::packed(picture(1))])
        .expect("is written");
    let view = reader.view(PATIENCE).expect("reads").expect("a frame");
    assert_eq!(view.header().frame_sequence, 1);
    let mut row = [0; 640];
    view.copy(BYTES - 640, &mut row).expect("the last row");
    assert_eq!(row, picture(1)[BYTES - 640..]);
    assert!(view.still_valid());
    view.copy(BYTES - 639, &mut row)
        .expect_err("one byte outside");
    view.copy(usize::MAX, &mut row).expect_err("far outside");
    writer
        .write(&info(2), &[Rows::packed(picture(2))])
        .expect("is written");
    assert!(!view.still_valid());
    let view = reader.view(PATIENCE).expect("reads").expect("a frame");
    assert_eq!(view.header().frame_sequence, 2);
    let file = std::fs::File::options()
        .write(true)
        .open(name.path())
        .expect("is there");
    file.set_len(64).expect("is cut");
    view.copy(0, &mut row)
        .expect_err("is gone, and nothing happens");
    assert!(!view.still_valid());
}
