//! What options do to an input, and how it fails.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::{TO_ONE, film, of_file, published, publishing, read, reference, summary};
use crate::support::{Place, assert_code, assert_signal};

const H264: &str = "-c:v libx264 -pix_fmt yuv420p -bf 2";

#[test]
fn a_loop_goes_on_in_time() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=0.4", H264);
    let once = of_file(&file);
    assert_eq!(once.len(), 10);
    let input = file.display().to_string();
    let (found, summary, _) = published(&place, &input, "--loop --frames 35");
    assert_eq!(found.len(), 35);
    for (number, (pts, sum)) in found.iter().enumerate() {
        assert_eq!(sum, &once[number % 10].1, "{number}");
        assert_eq!(pts, &(number * 3600).to_string(), "{number}");
    }
    assert_eq!(summary["input"]["reopened"], 3);
    assert_eq!(summary["copies"], 0);
}

#[test]
fn realtime_takes_the_time_of_the_film() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=0.8", H264);
    let begin = Instant::now();
    let (found, ..) = published(&place, &file.display().to_string(), "--realtime");
    assert_eq!(found.len(), 20);
    // The last of 20 frames is due 19 times 40 ms after the first.
    assert!(
        begin.elapsed() >= Duration::from_millis(760),
        "{:?}",
        begin.elapsed()
    );
}

#[test]
fn scale_and_fps_make_fewer_and_smaller_frames() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=128x72:rate=25:duration=1", H264);
    let input = file.display().to_string();
    let scaled = reference(&["-i", &input], &["-vf", "scale=64:36"]);
    let (found, summary, _) = published(&place, &input, "--scale 64x36 --fps 5");
    let expected: Vec<_> = scaled.into_iter().step_by(5).collect();
    assert_eq!(found, expected);
    assert_eq!(
        (&summary["width"], &summary["height"]),
        (&64.into(), &36.into())
    );
    assert_eq!(summary["fps"], "5/1");
    assert_eq!(summary["input"]["converted"], 5);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let place = Place::new();
    let text = place.dir.path().join("a.txt");
    std::fs::write(&text, "no video at all").expect("a file");
    let sound = place.dir.path().join("a.wav");
    let path = sound.to_str().expect("a name");
    super::ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1", path]);
    for (input, word) in [
        ("/nowhere.mp4", "No such file"),
        (text.to_str().expect("a name"), "Invalid data"),
        (path, "no video"),
        ("lavfi:nothing_of_that_name", "open nothing_of_that_name"),
    ] {
        let output = place.run(&format!("publish --key KEY {input}"));
        let said = assert_code(&output, 15);
        assert!(said.contains(word), "{said}");
    }
    for (line, word) in [
        ("-", "--size"),
        ("--size 4x4 a.mp4", "--scale"),
        ("--loop --size 4x4 --format gray --fps 5 -", "--loop"),
        ("--loop --test-pattern 4x4@5", "--loop"),
    ] {
        let output = place.run(&format!("publish --key KEY {line}"));
        assert!(assert_code(&output, 2).contains(word), "{line}");
    }
}

#[test]
fn garbage_in_the_middle_is_counted_and_survived() {
    let place = Place::new();
    let file = film(
        &place,
        "a.ts",
        "size=320x180:rate=25:duration=4",
        &format!("{H264} -g 25"),
    );
    let clean: HashSet<_> = of_file(&file).into_iter().map(|(_, sum)| sum).collect();
    let mut bytes = std::fs::read(&file).expect("a file");
    let (third, half) = (bytes.len() / 3, bytes.len() / 2);
    let noise = crate::support::noise(half - third, 7);
    bytes[third..half].copy_from_slice(&noise);
    std::fs::write(&file, bytes).expect("a file");
    let (found, summary, _) = published(&place, &file.display().to_string(), "");
    let good = found.iter().filter(|(_, sum)| clean.contains(sum)).count();
    assert!(
        (50..100).contains(&good),
        "{good} of {}: {summary}",
        found.len()
    );
    assert_eq!(summary["published"], found.len());
}

#[test]
fn a_signal_ends_a_film_and_not_its_stream() {
    let place = Place::new();
    let file = film(&place, "a.mp4", "size=64x48:rate=25:duration=1", H264);
    let publisher = publishing(&place, &file.display().to_string(), "--loop --realtime");
    assert_code(&place.run("sub KEY --frames 3"), 0);
    publisher.signal(Signal::TERM);
    let output = publisher.output();
    assert_signal(output.status, Signal::TERM);
    let summary = summary(&output.stdout);
    assert_eq!(summary["ended"], "signal");
    assert_eq!(summary["copies"], 0);
    // The key is free for another.
    let again = place.start(&format!("publish --key KEY {TO_ONE} {}", file.display()));
    assert_eq!(read(&place).len(), 25);
    assert_code(&again.output(), 0);
}

#[test]
fn options_of_ffmpeg_are_handed_on() {
    let place = Place::new();
    let file = film(
        &place,
        "a.mjpeg",
        "size=64x48:rate=25:duration=1",
        "-c:v mjpeg",
    );
    let input = file.display().to_string();
    let (found, summary, _) = published(&place, &input, "--input-option framerate=50");
    assert_eq!(found.len(), 25);
    assert_eq!(summary["fps"], "50/1");
    for (option, word) in [
        ("nothing=1", "FFmpeg knows no option 'nothing'"),
        ("nothing", "NAME=VALUE"),
    ] {
        let output = place.run(&format!(
            "publish --key KEY --input-option {option} {input}"
        ));
        assert!(assert_code(&output, 2).contains(word), "{option}");
    }
}
