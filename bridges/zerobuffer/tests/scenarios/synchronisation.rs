//! Feature file 06: numbers, bursts and tokens.

use zerobuffer::{Error, ErrorKind};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{WATCHDOG, assert_kind, hasty_writer, next, reader, unique, write};

/// 6.1
#[test]
fn a_gap_in_the_numbers_is_told() {
    let name = unique("gap");
    let mut reader = reader(&name, 1024, 1 << 20);
    let mut writer = hasty_writer(&name);
    for _ in 0..3 {
        write(&mut writer, 100).expect("a frame");
    }
    assert_eq!(next(&mut reader).sequence(), 1);
    assert_eq!(next(&mut reader).sequence(), 2);
    let raw = Raw::open(&name);
    let third = raw.get(field::READ_POS);
    assert_eq!(raw.header(third), (100, 3));
    raw.set_header(third, 100, 5);
    let error = assert_kind(reader.read(WATCHDOG), ErrorKind::SequenceGap);
    assert!(matches!(
        error,
        Error::SequenceGap {
            expected: 3,
            got: 5,
            ..
        }
    ));
    assert!(error.to_string().contains("expected 3, got 5"), "{error}");
}

/// 6.2
#[test]
fn a_burst_that_is_read_later() {
    let name = unique("burst");
    let mut reader = Actor::reader(&name, 0, 102_400);
    let mut writer = Actor::writer(&name);
    writer.expect("write-many 1024 50", "wrote 50");
    assert_eq!(Raw::open(&name).unread(), 50);
    reader.expect("drain 50 0", "read 50 frames of 51200 bytes");
    reader.expect("read 0", "none");
}

/// 6.3
#[test]
fn a_writer_is_held_back_by_its_reader() {
    let name = unique("flow");
    let mut reader = Actor::reader(&name, 0, 51200);
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 10224 20");
    let raw = Raw::open(&name);
    while raw.unread() < 5 {
        std::thread::yield_now();
    }
    assert_eq!(raw.get(field::PAYLOAD_FREE), 0);
    // One is read, one more is written: never more than five are there.
    for sequence in 1..=15 {
        assert_eq!(writer.has_answered(), None);
        reader.expect("read 10000", &format!("frame {sequence} 10224 whole"));
        while raw.get(field::WRITTEN) < sequence + 5 {
            std::thread::yield_now();
        }
        assert_eq!(raw.get(field::WRITTEN), sequence + 5);
    }
    assert_eq!(writer.answer(), "wrote 20");
    reader.expect("drain 5 100", "read 5 frames of 51120 bytes");
}

/// 6.4
#[test]
fn two_frames_before_the_reader_wakes() {
    let name = unique("tokens");
    let mut reader = reader(&name, 1024, 1 << 20);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    write(&mut writer, 100).expect("one");
    write(&mut writer, 200).expect("another");
    assert_eq!((raw.unread(), writer.frames_unread()), (2, 2));
    assert_eq!(next(&mut reader).len(), 100);
    assert_eq!(raw.unread(), 1);
    assert_eq!(next(&mut reader).len(), 200);
    assert_eq!((raw.unread(), writer.frames_unread()), (0, 0));
}
