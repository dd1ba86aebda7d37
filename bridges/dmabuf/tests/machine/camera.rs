//! Pictures of a camera, lent as the buffers that its driver wrote them into.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use frame_lending::consumer::{Consumer, ConsumerOptions, LentFrame};

use crate::probe::{self, Probe, Sides};
use crate::processes::{PATIENCE, Place, until};

const BYTES: usize = 640 * 360 * 3 / 2;
const FRAMES: usize = 6;
pub const CAMERA: &str = "v4l2:/dev/video0,640x360,NV12";
/// The camera whose driver tells pieces of memory apart.
const PLANES: &str = "/dev/video1";
/// Two windows, the newest, and those that always stay with the driver.
const BUFFERS: usize = 5 + RESERVE;
const RESERVE: usize = 2;

fn v4l2_ctl(line: &str) {
    let done = Command::new("v4l2-ctl").args(line.split(' ')).output();
    let done = done.expect("it starts");
    assert!(done.status.success(), "v4l2-ctl {line}: {done:?}");
}

/// 30 pictures a second: the driver would make five.
fn set_up() {
    v4l2_ctl("-d /dev/video0 --set-fmt-video=width=640,height=360,pixelformat=NV12");
    v4l2_ctl("-d /dev/video0 --set-parm=30");
}

/// What the camera makes, as another program sees it: the same each time, without a clock in it.
fn reference() -> Vec<u8> {
    v4l2_ctl("-d /dev/video0 -c osd_text_mode=2");
    set_up();
    v4l2_ctl("-d /dev/video0 --stream-mmap=3 --stream-count=1 --stream-to=/tmp/reference");
    let reference = fs::read("/tmp/reference").expect("it was written");
    fs::remove_file("/tmp/reference").expect("it is ours");
    assert_eq!(reference.len(), BYTES);
    let first = reference[0];
    assert!(
        reference.iter().any(|byte| *byte != first),
        "nothing to see"
    );
    reference
}

pub fn connect(place: &Place) -> Consumer {
    Consumer::connect(&ConsumerOptions::at(place.socket())).expect("it listens")
}

fn next(consumer: &mut Consumer) -> LentFrame {
    let frame = consumer.receive(Some(PATIENCE)).expect("it is there");
    frame.expect("a frame")
}

/// Takes a picture and returns it: its number.
pub fn pass(consumer: &mut Consumer) -> i64 {
    let frame = next(consumer);
    let number = frame.send().sequence;
    let returned = frame.return_success("full", Duration::ZERO, Vec::new());
    returned.expect("it listens");
    number
}

/// Pictures between those that came.
fn missing(numbers: &[i64]) -> i64 {
    let gaps = numbers.windows(2).map(|pair| pair[1] - pair[0] - 1);
    gaps.inspect(|gap| assert!(*gap >= 0, "{numbers:?}")).sum()
}

#[test]
fn every_consumer_gets_the_drivers_own_buffers() {
    let (place, reference) = (Place::new(), reference());
    let probe = Probe::start();
    let mut engine = place.lend(&format!("{CAMERA} --timeout-ms 60000"), None);
    let mut plain = place.plain(BYTES, FRAMES, None);
    let mut library = place.library(BYTES, FRAMES);
    let mut full = connect(&place);
    let mut numbers = [const { Vec::new() }; 3];
    let mut bytes = Vec::new();
    for _ in 0..FRAMES {
        let (message, seen) = plain.next();
        assert_eq!(message["stream_id"], "v4l2:/dev/video0");
        assert!(message["planes"].is_null(), "more than was asked for");
        let file = message["file"].as_str().expect("a name");
        assert!(file.starts_with("/dmabuf:"), "{file}");
        assert!(seen == reference, "a picture of the plain consumer");
        numbers[0].push(message["sequence"].as_i64().expect("a number"));
        let (message, seen) = library.next();
        assert!(seen == reference, "a picture in Python");
        numbers[1].push(message["sequence"].as_i64().expect("a number"));
        let frame = next(&mut full);
        assert!(frame.is_dma_buf());
        frame.copy(&mut bytes).expect("it is mapped");
        assert!(bytes == reference, "a picture of the full consumer");
        numbers[2].push(frame.send().sequence);
        let returned = frame.return_success("full", Duration::ZERO, Vec::new());
        returned.expect("it listens");
        eprintln!(
            "{}",
            fs::read_to_string("/sys/kernel/debug/dma_buf/bufinfo").unwrap()
        );
        // The driver's, and no copies.
        let drivers = probe::buffers_of("videobuf2_vmalloc");
        assert_eq!((probe::buffers(), drivers), (BUFFERS, BUFFERS));
    }
    plain.done();
    library.done();
    drop(full);
    engine.counts("gone", 3);
    let report = engine.stop();
    let count = |name: &str| report[name].as_i64().expect("a count");
    let there = count("returned") + count("abandoned");
    assert_eq!((count("sent"), count("copied")), (there, 0), "{report}");
    assert_eq!(count("returned"), 3 * FRAMES as i64, "{report}");
    assert!(
        numbers.iter().map(|one| missing(one)).sum::<i64>() <= count("dropped"),
        "{report}"
    );
    probe::none_left();
    let sides = probe.accesses().expect("each has an end");
    // The driver writes by itself. What was abandoned nobody has looked at.
    assert_eq!(sides.writes, 0);
    assert!(sides.reads >= 3 * FRAMES as u64, "{sides:?}");
}

#[test]
fn padded_rows_are_lent_to_who_knows_of_them_and_copied_for_who_does_not() {
    let (place, reference) = (Place::new(), reference());
    let padded = "width=640,height=360,pixelformat=NV12,bytesperline=768";
    v4l2_ctl(&format!("-d /dev/video0 --set-fmt-video={padded}"));
    let probe = Probe::start();
    let mut engine = place.lend("v4l2:/dev/video0 --timeout-ms 60000", None);
    let mut plain = place.plain(BYTES, FRAMES, None);
    let mut full = connect(&place);
    // What it gets before its hello is heard is a copy too.
    until("hear a hello", || {
        let frame = next(&mut full);
        let is_heard = frame.is_dma_buf();
        let returned = frame.return_success("full", Duration::ZERO, Vec::new());
        returned.expect("it listens");
        is_heard
    });
    let mut bytes = Vec::new();
    for _ in 0..FRAMES {
        let (message, seen) = plain.next();
        let file = message["file"].as_str().expect("a name");
        assert!(file.starts_with("/memfd:"), "{file}");
        assert!(seen == reference, "a picture of the plain consumer");
        let frame = next(&mut full);
        let strides: Vec<_> = frame.planes().map(|plane| plane.stride).collect();
        assert_eq!((frame.is_dma_buf(), strides), (true, vec![768, 768]));
        frame.copy(&mut bytes).expect("it is mapped");
        assert!(bytes == reference, "a picture of the full consumer");
        let returned = frame.return_success("full", Duration::ZERO, Vec::new());
        returned.expect("it listens");
    }
    plain.done();
    drop(full);
    engine.counts("gone", 2);
    let copied = engine.stop()["copied"].as_u64().expect("a count");
    assert!(copied >= FRAMES as u64, "{copied}");
    probe::none_left();
    // The engine reads what it copies.
    let sides = probe.accesses().expect("each has an end");
    assert!(
        sides.writes == 0 && sides.reads >= copied + FRAMES as u64,
        "{sides:?}"
    );
}

#[test]
fn a_consumer_that_does_not_synchronise_is_seen() {
    let place = Place::new();
    set_up();
    let probe = Probe::start();
    let engine = place.lend(&format!("{CAMERA} --timeout-ms 60000"), None);
    let mut plain = place.plain(BYTES, FRAMES, Some("/share/no_sync.so"));
    for _ in 0..FRAMES {
        plain.next();
    }
    plain.done();
    engine.stop();
    assert_eq!(probe.accesses(), Ok(Sides::default()));
}

#[test]
fn consumers_that_keep_all_that_they_get_take_the_camera_from_nobody() {
    let place = Place::new();
    set_up();
    let mut engine = place.lend(CAMERA, None);
    let mut other = connect(&place);
    let mut numbers = vec![pass(&mut other)];
    let (mut keepers, mut kept) = (Vec::new(), Vec::new());
    // One after the other, so that each has others: more than there are buffers.
    for _ in 0..4 {
        let mut keeper = connect(&place);
        kept.extend([next(&mut keeper), next(&mut keeper)]);
        keepers.push(keeper);
        numbers.push(pass(&mut other));
    }
    for _ in 0..20 {
        numbers.push(pass(&mut other));
    }
    missing(&numbers);
    let held: BTreeSet<_> = kept.iter().map(|frame| frame.send().sequence).collect();
    assert!(held.len() >= BUFFERS - RESERVE, "{held:?}");
    drop((kept, keepers, other));
    engine.counts("gone", 5);
    let report = engine.stop();
    let count = |name: &str| report[name].as_i64().expect("a count");
    let ended = count("returned") + count("errors") + count("timed_out");
    assert_eq!(count("sent"), ended + count("abandoned"), "{report}");
    assert!(
        count("timed_out") >= 8 && count("returned") >= 25,
        "{report}"
    );
    probe::none_left();
}

#[test]
fn a_camera_that_is_unplugged_is_waited_for_and_its_numbers_go_on() {
    let place = Place::new();
    let engine = place.lend(CAMERA, None);
    let mut consumer = connect(&place);
    let before = pass(&mut consumer);
    let driver = "/sys/bus/platform/drivers/vivid";
    fs::write(format!("{driver}/unbind"), "vivid.0").expect("it is there");
    until("lose it", || {
        // What was on its way.
        while let Some(frame) = consumer.receive(Some(Duration::ZERO)).expect("it is there") {
            // It may be refused: it is late.
            let _ = frame.return_success("full", Duration::ZERO, Vec::new());
        }
        // A node that somebody has open keeps its number, and the next would get another.
        !fs::exists("/dev/video0").expect("it is readable") && !engine.has_open("/dev/video0")
    });
    fs::write(format!("{driver}/bind"), "vivid.0").expect("it is there");
    let after = pass(&mut consumer);
    assert!(after > before, "{before}, and then {after}");
    drop(consumer);
    engine.stop();
    probe::none_left();
}

#[test]
fn cameras_whose_pictures_may_lie_in_pieces_are_lent_where_they_do_not() {
    let place = Place::new();
    v4l2_ctl(&format!(
        "-d {PLANES} --set-fmt-video=width=640,height=360,pixelformat=NM12"
    ));
    let (code, said) = place.refused(&format!("v4l2:{PLANES}"));
    assert_eq!(code, Some(14), "{said}");
    let words = format!("'{PLANES}' makes no pictures that are NM12 and can be lent; use YUYV or");
    assert!(said.contains(&words), "{said}");
    let engine = place.lend(&format!("v4l2:{PLANES},640x360,YUYV"), None);
    let mut plain = place.plain(640 * 360 * 2, 2, None);
    for _ in 0..2 {
        let (message, _) = plain.next();
        assert_eq!(message["format"], "YUYV");
        assert!(
            message["file"]
                .as_str()
                .is_some_and(|file| file.starts_with("/dmabuf:"))
        );
    }
    plain.done();
    assert_eq!(engine.stop()["copied"], 0);
}
