//! What goes in comes out: raw frames, checksums, the pattern.

use std::process::Command;

use cuframes::Format;

use crate::support::{Place, Running, assert_code, noise, parse, text};

/// What publishes raw frames for one reader that may miss nothing.
const TO_ONE: &str = "--policy strict_wait --strict-timeout 9 --wait-subscribers 1 -q";

fn publish(place: &Place, format: Format, size: &str, fps: &str, input: &[u8]) -> Running {
    let line = format!("publish --key KEY --size {size} --format {format} --fps {fps} {TO_ONE} -");
    place.start_with(&line, input.to_vec())
}

#[test]
fn raw_frames_arrive_byte_for_byte_in_every_format() {
    const FRAMES: usize = 12;
    for (seed, format) in Format::ALL.into_iter().enumerate() {
        let place = Place::new();
        let size = usize::try_from(format.packed_size(33, 17)).expect("a small frame");
        let input = noise(size * FRAMES, seed as u64);
        let publisher = publish(&place, format, "33x17", "30", &input);
        let read = place.run("sub KEY --strict -o -");
        assert_code(&read, 0);
        assert_code(&publisher.output(), 0);
        assert_eq!(read.stdout.len(), input.len(), "{format}");
        assert!(read.stdout == input, "{format}: other bytes");
    }
}

#[test]
fn a_file_gets_what_standard_output_gets() {
    let place = Place::new();
    let input = noise(64 * 48 * 5, 1);
    let publisher = publish(&place, Format::R8, "64x48", "30", &input);
    let file = place.dir.path().join("frames.raw");
    let read = place.run(&format!("sub KEY --strict --json -o {}", file.display()));
    assert_code(&read, 0);
    assert_code(&publisher.output(), 0);
    let written = std::fs::read(&file).expect("the file");
    assert_eq!(written.len(), input.len());
    assert!(written == input);
    // Frames go elsewhere, so the report goes to standard output.
    let report = parse(&read.stdout);
    assert_eq!(report["frames"], 5);
    assert_eq!(report["missed"], 0);
    assert_eq!(report["bytes"], input.len());
    assert_eq!(report["ended"], "end_of_stream");
    assert_eq!(report["format"], "gray");
    assert_eq!(report["fourcc"], "R8");
}

/// The checksums that Debian's ffmpeg has for the same bytes.
fn reference(place: &Place, format: Format, size: &str, fps: &str, input: &[u8]) -> Vec<String> {
    let file = place.dir.path().join("reference.raw");
    std::fs::write(&file, input).expect("a file");
    let output = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "rawvideo",
            "-pix_fmt",
            format.ffmpeg_name(),
        ])
        .args(["-s", size, "-r", fps, "-i"])
        .arg(&file)
        .args(["-f", "framemd5", "-"])
        .output()
        .expect("ffmpeg, which is the reference, is installed");
    assert!(output.status.success(), "{}", text(&output.stderr));
    lines(&output.stdout)
}

/// All lines but the one that says whose they are.
fn lines(bytes: &[u8]) -> Vec<String> {
    let text = text(bytes);
    let lines = text.lines().filter(|line| !line.starts_with("#software"));
    lines.map(str::to_owned).collect()
}

#[test]
fn checksums_are_those_of_ffmpeg_line_by_line() {
    const FRAMES: usize = 55;
    const HEADER: usize = 9;
    let cases = [
        (Format::Nv12, "64x48", "25"),
        (Format::Yu12, "33x17", "30000/1001"),
        (Format::P010, "16x16", "12.5"),
        (Format::Rg24, "31x7", "60"),
    ];
    for (seed, (format, size, fps)) in cases.into_iter().enumerate() {
        let place = Place::new();
        let (width, height) = size.split_once('x').expect("a size");
        let number = |text: &str| text.parse().expect("a number");
        let frame = format.packed_size(number(width), number(height));
        let input = noise(frame as usize * FRAMES, seed as u64);
        let expected = reference(&place, format, size, fps, &input);
        assert_eq!(expected.len(), HEADER + FRAMES, "{format}");
        let publisher = publish(&place, format, size, fps, &input);
        let read = place.run("sub KEY --strict --framemd5");
        assert_code(&read, 0);
        assert_code(&publisher.output(), 0);
        let found = lines(&read.stdout);
        assert_eq!(found.len(), expected.len(), "{format}");
        assert_eq!(found, expected, "{format}");
    }
}

#[test]
fn the_time_base_can_be_chosen() {
    let place = Place::new();
    let input = noise(4 * 4 * 3, 3);
    let publisher = publish(&place, Format::R8, "4x4", "25", &input);
    let read = place.run("sub KEY --strict --framemd5 --time-base 1/1000");
    assert_code(&read, 0);
    assert_code(&publisher.output(), 0);
    let found = lines(&read.stdout);
    assert_eq!(found.len(), 9 + 3);
    assert_eq!(found[3], "#tb 0: 1/1000");
    let begin = "0,         80,         80,       40,       16, ";
    assert!(found[11].starts_with(begin), "{}", found[11]);
}

#[test]
fn the_pattern_shows_the_number_of_each_frame() {
    const FRAMES: usize = 70;
    let place = Place::new();
    let line = format!(
        "publish --key KEY --test-pattern 256x32@1000 --frames {FRAMES} --format gray {TO_ONE}"
    );
    let publisher = place.start(&line);
    let read = place.run("sub KEY --strict -o -");
    assert_code(&read, 0);
    assert_code(&publisher.output(), 0);
    assert_eq!(read.stdout.len(), 256 * 32 * FRAMES);
    for (number, picture) in read.stdout.chunks_exact(256 * 32).enumerate() {
        // 32 cells of 8 by 8 pixels, the same at the top and at the bottom.
        let shown = |y: usize| {
            (0..32).fold(0, |shown, cell| {
                shown << 1 | usize::from(picture[256 * y + 8 * cell + 4] > 127)
            })
        };
        assert_eq!((shown(4), shown(28)), (number, number));
    }
}

#[test]
fn input_that_ends_in_the_middle_of_a_frame_loses_no_whole_frame() {
    let place = Place::new();
    let mut input = noise(10 * 10 * 4, 4);
    let whole = input.clone();
    input.extend([1; 37]);
    let publisher = publish(&place, Format::R8, "10x10", "25", &input);
    let read = place.run("sub KEY --strict -o -");
    // The stream has a proper end.
    assert_code(&read, 0);
    assert_eq!(read.stdout.len(), whole.len());
    assert!(read.stdout == whole);
    let said = assert_code(&publisher.output(), 10);
    assert!(
        said.contains("37 of 100 bytes behind 4 whole frames"),
        "{said}"
    );
}

#[test]
fn no_input_is_an_empty_stream() {
    let place = Place::new();
    let publisher = publish(&place, Format::R8, "10x10", "25", &[]);
    let read = place.run("sub KEY --strict -o -");
    assert_code(&read, 0);
    assert_code(&publisher.output(), 0);
    assert_eq!(read.stdout.len(), 0);
}

#[test]
fn frames_every_and_interval_choose_frames() {
    let cases = [
        ("--frames 7", 7, "frames"),
        ("--every 5", 20, "end_of_stream"),
        ("--min-interval 3600", 1, "end_of_stream"),
    ];
    for (options, frames, ended) in cases {
        let place = Place::new();
        let input = noise(8 * 8 * 100, 5);
        let publisher = publish(&place, Format::R8, "8x8", "25", &input);
        let report = place.json(&format!("sub KEY --strict --json {options}"));
        assert_code(&publisher.output(), 0);
        assert_eq!(report["frames"], frames, "{options}: {report}");
        assert_eq!(report["ended"], ended, "{options}");
        assert_eq!(report["missed"], 0, "{options}");
    }
}
