//! Feature file 14: what of its measurements does not depend on the time that it takes. The times
//! themselves are measured by the benchmarks of `benches`.

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{assert_kind, hasty_writer, next, reader, unique, write};

use zerobuffer::ErrorKind;

/// 14.3
#[test]
fn a_ring_of_one_and_a_half_frames() {
    // The frame and its header are two thirds: each but the first passes the end.
    let name = unique("one-and-a-half");
    let mut reader = Actor::reader(&name, 0, 3 * 1024);
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 2032 1000");
    reader.expect("drain 1000 0", "read 1000 frames of 2032000 bytes");
    assert_eq!(writer.answer(), "wrote 1000");
    let raw = Raw::open(&name);
    assert_eq!(raw.get(field::WRITTEN), 1999, "each but one with a marker");
    assert_eq!(raw.get(field::WRITTEN), raw.get(field::READ));
    // Without the rest at the end there is no marker.
    let name = unique("whole");
    let mut reader = Actor::reader(&name, 0, 2 * 1024);
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 2032 1000");
    reader.expect("drain 1000 0", "read 1000 frames of 2032000 bytes");
    assert_eq!(writer.answer(), "wrote 1000");
    assert_eq!(Raw::open(&name).get(field::WRITTEN), 1000);
}

/// 14.5
#[test]
fn a_token_is_taken_for_each_that_is_given() {
    let name = unique("tokens");
    let mut reader = reader(&name, 0, 65_536);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    for round in 0..1000 {
        for _ in 0..10 {
            write(&mut writer, 1024).expect("space");
        }
        assert_eq!(raw.unread(), 10, "round {round}");
        for _ in 0..10 {
            next(&mut reader);
        }
        assert_eq!(raw.unread(), 0, "round {round}");
    }
}

/// 14.6
#[test]
fn how_full_a_buffer_is_can_be_seen() {
    let name = unique("utilisation");
    let mut reader = reader(&name, 0, 102_400);
    let mut writer = hasty_writer(&name);
    let used = || {
        let info = zerobuffer::inspect(&name).expect("a look");
        100 * (info.payload_size - info.payload_free) / info.payload_size
    };
    for lap in 0..3 {
        assert_eq!(used(), 0, "lap {lap}");
        // The writer is four times as fast as its reader.
        let mut written = 0;
        while used() < 80 {
            for _ in 0..4 {
                write(&mut writer, 1024).expect("space");
            }
            written += 4;
            next(&mut reader);
        }
        let unread = written - written / 4;
        assert_eq!(writer.frames_unread(), unread);
        while write(&mut writer, 1024).is_ok() {}
        assert_kind(write(&mut writer, 1024), ErrorKind::BufferFull);
        assert!(used() >= 98, "{} %", used());
        while writer.frames_unread() > 0 {
            next(&mut reader);
        }
    }
}
