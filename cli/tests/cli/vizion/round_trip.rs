//! Key, shared memory, key: what goes in comes out.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cuframes::Format;
use vizion::{FrameInfo, FrameWriter, PixelFormat, Rows};
use zerobuffer_peer::md5;

use super::{PATIENCE, Stage, TO_ONE, assert_all, event, last, read, summary};
use crate::support::{noise, parse, text};

const FORMATS: [(Format, PixelFormat); 5] = [
    (Format::Yuyv, PixelFormat::Yuy2),
    (Format::Uyvy, PixelFormat::Uyvy),
    (Format::Nv12, PixelFormat::Nv12),
    (Format::Rg24, PixelFormat::Bgr),
    (Format::Bg24, PixelFormat::Rgb),
];
const FRAMES: u64 = 8;

fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_nanos() as u64
}

#[test]
fn every_format_comes_back_byte_by_byte_also_with_odd_sizes() {
    let mut compared = 0;
    for (seed, (format, pixels)) in FORMATS.into_iter().enumerate() {
        for (width, height) in [(64, 48), (33, 17)] {
            let stage = Stage::new();
            let to_key = format!("bridge vizion --from-shm SHM --to KEY2 --json --once {TO_ONE}");
            let to_key = stage.start(&to_key);
            let to_memory = stage.start("bridge vizion --from KEY --to SHM --json --once --strict");
            let mut sub = stage.start("sub KEY2 --strict -o - -q --connect-timeout 9");
            let what = format!("--size {width}x{height} --format {format} {TO_ONE}");
            let mut feed = stage.publish(&what);
            let size = usize::try_from(format.packed_size(width, height)).expect("small");
            let mut reader = None;
            for index in 0..FRAMES {
                let frame = noise(size, seed as u64 * 100 + index);
                let before = now_ns();
                feed.give(&frame);
                let reader = reader.get_or_insert_with(|| stage.reader(""));
                let (header, bytes) = read(reader);
                let told = (header.width, header.height, header.format);
                assert_eq!(told, (width, height, pixels));
                assert_eq!(header.frame_sequence as u64, index + 1);
                assert!((before..=now_ns()).contains(&header.timestamp_ns));
                assert_eq!(md5(&bytes), md5(&frame), "{format} {width} {index}");
                let out = sub.read(size);
                assert_eq!(md5(&out), md5(&frame), "{format} {width} {index}");
                compared += 1;
            }
            feed.end();
            assert_all(&summary(to_memory), FRAMES);
            assert_all(&summary(to_key), FRAMES);
            assert!(stage.paths().iter().all(|path| !path.exists()));
        }
    }
    assert_eq!(compared, 5 * 2 * FRAMES);
}

/// The beginning of a JPEG picture of 320x200, and bytes behind it.
fn picture(index: u64) -> Vec<u8> {
    let mut picture = b"\xFF\xD8\xFF\xC0\0\x0B\x08\0\xC8\x01\x40\x01\x01\x11\0".to_vec();
    picture.extend(noise(1000 + 777 * index as usize, index));
    picture.extend(b"\xFF\xD9");
    picture
}

#[test]
fn jpeg_pictures_go_through_a_keys_packets() {
    let stage = Stage::new();
    let mut writer = FrameWriter::create(&stage.name, 100_000).expect("is made");
    let to_key = format!("bridge vizion --from-shm SHM --to KEY --json --once {TO_ONE}");
    let mut to_key = stage.start(&to_key);
    event(&mut to_key, "connected");
    let to_memory = stage.start("bridge vizion --from KEY --packets --to SHM2 --json --once");
    let mut reader = None;
    for index in 0..FRAMES {
        let wanted = picture(index);
        let info = FrameInfo {
            width: 320,
            height: 200,
            format: PixelFormat::Mjpg,
            timestamp_ns: index,
        };
        writer
            .write(&info, &[Rows::packed(&wanted)])
            .expect("is written");
        let reader = reader.get_or_insert_with(|| stage.reader("2"));
        let (header, bytes) = read(reader);
        let told = (header.width, header.height, header.format);
        assert_eq!(told, (320, 200, PixelFormat::Mjpg));
        assert_eq!(md5(&bytes), md5(&wanted), "{index}");
    }
    drop(writer);
    assert_all(&summary(to_key), FRAMES);
    assert_all(&summary(to_memory), FRAMES);
}

#[test]
fn a_writers_time_is_the_pts() {
    let stage = Stage::new();
    let mut writer = FrameWriter::create(&stage.name, 10_000).expect("is made");
    let line = format!("bridge vizion --from-shm SHM --to KEY --frames 2 --json {TO_ONE}");
    let mut to_key = stage.start(&line);
    event(&mut to_key, "connected");
    let mut sub = stage.start("sub KEY --packets --json --connect-timeout 9");
    for timestamp_ns in [1_795_000_000_000_000_001, 1_795_000_000_040_000_003] {
        let info = FrameInfo {
            width: 320,
            height: 200,
            format: PixelFormat::Mjpg,
            timestamp_ns,
        };
        let picture = picture(timestamp_ns % 7);
        writer
            .write(&info, &[Rows::packed(&picture)])
            .expect("is written");
        let packet = event(&mut sub, "packet");
        assert_eq!(
            (&packet["pts"], &packet["key"]),
            (&timestamp_ns.into(), &true.into())
        );
        assert_eq!(packet["md5"], md5(&picture));
    }
    // The stream is told once: nothing changed in between.
    let output = to_key.output();
    let lines = text(&output.stdout);
    let events: Vec<_> = lines
        .lines()
        .map(|line| parse(line.as_bytes())["event"].clone())
        .collect();
    assert_eq!(events, ["stream", "ended"]);
    let ended = last(&lines);
    assert_all(&ended, 2);
    assert_eq!(ended["ended"], "frames");
}

#[test]
fn a_frame_that_does_not_fit_is_dropped_and_counted() {
    let stage = Stage::new();
    let line = "bridge vizion --from KEY --to SHM --json --once --strict --buffer-size 6143";
    let mut to_memory = stage.start(line);
    let mut feed = stage.publish(&format!("--size 64x48 --format yuyv422 {TO_ONE}"));
    for index in 0..3 {
        feed.give(&noise(64 * 48 * 2, index));
    }
    let told = event(&mut to_memory, "too_large");
    assert_eq!(
        (&told["bytes"], &told["capacity"]),
        (&6144.into(), &6015.into())
    );
    feed.end();
    let ended = summary(to_memory);
    assert_eq!(
        (&ended["frames"], &ended["dropped_size"]),
        (&0.into(), &3.into())
    );
}

#[test]
fn the_shared_memory_is_as_large_as_readers_expect_it() {
    let stage = Stage::new();
    let to_memory = stage.start("bridge vizion --from KEY --to SHM --json --once --strict");
    let mut feed = stage.publish(&format!("--size 64x48 --format nv12 {TO_ONE}"));
    feed.give(&noise(64 * 48 * 3 / 2, 1));
    let mut reader = stage.reader("");
    read(&mut reader);
    let size = stage.paths()[0].metadata().expect("is there").len();
    assert_eq!(size, 8_294_528);
    // Nothing more comes, and nobody is told that anything ended.
    let next = reader.next(Duration::from_millis(50));
    assert!(matches!(next, Ok(None)), "{next:?}");
    feed.end();
    assert_all(&summary(to_memory), 1);
    let closed = reader.next(PATIENCE);
    assert!(closed.is_err(), "{closed:?}");
}
