//! Pictures: all of them, with eight bars, at their time.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use vizion::{PixelFormat, VideoFormat};
use vizion_streamer::camera::Camera;

use crate::rig::{self, Copied, PLANES, SINGLE, open, small, small_at};

const RAW: [PixelFormat; 5] = [
    PixelFormat::Yuy2,
    PixelFormat::Uyvy,
    PixelFormat::Nv12,
    PixelFormat::Bgr,
    PixelFormat::Rgb,
];

/// The colours in a row below everything that vivid writes into its pictures, each that is at
/// least 16 pixels wide once.
fn bars(picture: &Copied, format: VideoFormat) -> Vec<Vec<u8>> {
    let y = 170;
    let row = |plane: usize, y: usize, step: usize| {
        let begin = y * picture.pitches[plane];
        let length = format.format.row_bytes(plane, format.width);
        let row = &picture.planes[plane][begin..begin + length];
        row.chunks(step).map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    let pixels = match format.format {
        PixelFormat::Nv12 => {
            let (luma, chroma) = (row(0, y, 2), row(1, y / 2, 2));
            luma.into_iter()
                .zip(chroma)
                .map(|(luma, chroma)| [luma, chroma].concat())
                .collect()
        }
        PixelFormat::Yuy2 | PixelFormat::Uyvy => row(0, y, 4),
        _ => row(0, y, 3),
    };
    let mut colours: Vec<Vec<u8>> = pixels
        .chunk_by(PartialEq::eq)
        .filter(|run| run.len() >= 8)
        .map(|run| run[0].clone())
        .collect();
    colours.sort();
    colours.dedup();
    colours
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(now.as_nanos()).unwrap()
}

fn shows_its_bars(camera: &mut dyn Camera, format: PixelFormat) {
    let format = small(camera, format);
    let mut stream = camera.start(format).unwrap();
    let mut last = now();
    for number in 0..5 {
        let picture = rig::next(&mut *stream);
        let planes = format.format.plane_count();
        for plane in 0..2 {
            let rows = format.format.rows(plane, format.height);
            let pitch = picture.pitches[plane];
            assert_eq!(
                plane < planes,
                pitch >= format.format.row_bytes(plane, format.width).max(1)
            );
            assert!(picture.planes[plane].len() >= rows.saturating_sub(1) * pitch);
        }
        let found = bars(&picture, format);
        assert_eq!(found.len(), 8, "bars of {format}: {found:?}");
        assert!(
            picture.timestamp_ns > last,
            "picture {number} is after the one before"
        );
        assert!(picture.timestamp_ns <= now());
        last = picture.timestamp_ns;
    }
}

#[test]
fn every_format_shows_eight_bars() {
    let mut camera = open(SINGLE);
    for format in RAW {
        shows_its_bars(&mut *camera, format);
    }
}

#[test]
fn so_it_does_in_more_than_one_piece_of_memory() {
    let mut camera = open(PLANES);
    for format in RAW {
        shows_its_bars(&mut *camera, format);
    }
}

#[test]
fn pictures_that_nobody_took_are_counted() {
    let mut camera = open(SINGLE);
    let format = small_at(&mut *camera, PixelFormat::Yuy2, 5);
    assert_eq!(format.framerate, 5);
    let mut stream = camera.start(format).unwrap();
    let first = rig::next(&mut *stream);
    let (mut lost, mut came) = (0, 1);
    // Four buffers are full after as many pictures; each later one finds none.
    std::thread::sleep(Duration::from_secs(10) / format.framerate);
    let mut last = first.timestamp_ns;
    while came < 12 {
        let picture = rig::next(&mut *stream);
        lost += picture.lost;
        came += 1;
        last = picture.timestamp_ns;
    }
    let passed = Duration::from_nanos(last - first.timestamp_ns);
    let due = passed.as_secs_f64() * f64::from(format.framerate);
    let counted = (came - 1 + lost) as f64;
    assert!(lost >= 3, "{lost} lost while nobody looked");
    assert!(
        (counted - due).abs() < 1.5,
        "{counted} counted, {due:.1} due"
    );
}

/// Open files and mappings of this process.
fn held() -> (usize, usize) {
    let files = fs::read_dir("/proc/self/fd").unwrap().count();
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    (
        files,
        maps.lines()
            .filter(|line| line.contains("/dev/video"))
            .count(),
    )
}

#[test]
fn a_hundred_streams_leave_nothing_behind() {
    let mut camera = open(SINGLE);
    let format = small(&mut *camera, PixelFormat::Nv12);
    let before = held();
    assert_eq!(before.1, 0, "nothing is mapped without a stream");
    for number in 0..100 {
        let mut stream = camera.start(format).unwrap();
        assert_eq!(held().1, 4, "four buffers");
        if number % 10 == 0 {
            rig::next(&mut *stream);
        }
    }
    assert_eq!(held(), before);
}
