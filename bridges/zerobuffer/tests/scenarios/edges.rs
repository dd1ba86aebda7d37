//! Feature file 04: the smallest, the largest, the fullest.

use zerobuffer::{ErrorKind, Writer};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{
    AT_ONCE, assert_kind, assert_nothing_left, campaign, hasty_writer, next, patience, reader,
    unique, write,
};

/// 4.1
#[test]
fn large_and_small_frames_in_turn() {
    let name = unique("alternating");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = hasty_writer(&name);
    for _ in 0..50 {
        assert_eq!(write(&mut writer, 9216).expect("large") % 2, 1);
        assert_eq!(write(&mut writer, 1).expect("small") % 2, 0);
        // Another large one has no space before both are read; then it begins at the start.
        assert_kind(write(&mut writer, 9216), ErrorKind::BufferFull);
        assert_eq!(next(&mut reader).len(), 9216);
        assert_eq!(next(&mut reader).len(), 1);
    }
    assert_eq!(reader.frames_read(), 100);
}

/// 4.2
#[test]
fn a_token_for_each_frame_that_waits() {
    let name = unique("coalesce");
    let mut reader = Actor::reader(&name, 1024, 1 << 20);
    let mut writer = Actor::writer(&name);
    writer.expect("write-many 1024 10", "wrote 10");
    let raw = Raw::open(&name);
    assert_eq!(raw.unread(), 10);
    reader.expect("drain 10 0", "read 10 frames of 10240 bytes");
    assert_eq!(raw.unread(), 0);
    reader.expect("read 0", "none");
}

/// 4.3
#[test]
fn a_metadata_block_of_no_bytes() {
    let name = unique("zero-metadata");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = hasty_writer(&name);
    assert_eq!(writer.metadata_size(), 0);
    assert_kind(writer.set_metadata(b"x"), ErrorKind::MetadataTooLarge);
    assert_eq!(write(&mut writer, 100).expect("a frame"), 1);
    assert_eq!(next(&mut reader).len(), 100);
    assert_eq!(reader.metadata().expect("none is no error"), None);
}

/// 4.4
#[test]
fn the_smallest_buffer() {
    let name = unique("minimum");
    let mut reader = reader(&name, 0, 64);
    let mut writer = hasty_writer(&name);
    assert_eq!(write(&mut writer, 1).expect("a byte"), 1);
    assert_kind(write(&mut writer, 49), ErrorKind::FrameTooLarge);
    assert_kind(writer.buffer(49).map(drop), ErrorKind::FrameTooLarge);
    assert_eq!(next(&mut reader).len(), 1);
    // 48 bytes and their header are the whole payload: free once the reader is at its start.
    assert_kind(write(&mut writer, 48), ErrorKind::BufferFull);
    assert!(reader.read(AT_ONCE).expect("no error").is_none());
    assert_eq!(write(&mut writer, 48).expect("all of it"), 2);
    assert_eq!(next(&mut reader).len(), 48);
}

/// 4.5
#[test]
fn a_writer_waits_for_its_slow_reader() {
    let name = unique("slower");
    let mut reader = Actor::reader(&name, 0, 1024);
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 100 100");
    // Eight frames fill the ring, so that the others wait.
    let raw = Raw::open(&name);
    while raw.unread() < 8 {
        std::thread::yield_now();
    }
    assert_eq!(writer.has_answered(), None);
    reader.expect("drain 100 50", "read 100 frames of 10000 bytes");
    assert_eq!(writer.answer(), "wrote 100");
}

/// 4.6
#[test]
fn a_frame_that_fills_the_payload() {
    let name = unique("exact");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    for sequence in 1..=3 {
        assert_eq!(write(&mut writer, 10224).expect("it fits"), sequence);
        assert_eq!(raw.get(field::PAYLOAD_FREE), 0);
        assert_kind(write(&mut writer, 1), ErrorKind::BufferFull);
        let frame = next(&mut reader);
        assert_eq!(frame.len(), 10224);
        assert_kind(write(&mut writer, 1), ErrorKind::BufferFull);
        frame.release();
        assert_eq!(raw.get(field::PAYLOAD_FREE), 10240);
    }
}

/// 4.7
#[test]
fn frames_of_no_byte_and_of_one() {
    let name = unique("min-frame");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    assert_kind(writer.write(&[]), ErrorKind::InvalidFrameSize);
    assert_kind(writer.buffer(0).map(drop), ErrorKind::InvalidFrameSize);
    assert_eq!(raw.unread(), 0);
    assert_eq!(write(&mut writer, 1).expect("a byte"), 1);
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240 - 16 - 1);
    assert_eq!(raw.get(field::WRITE_POS), 17);
    assert_eq!(next(&mut reader).len(), 1);
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240);
}

/// 4.8
#[test]
fn an_empty_ring_takes_what_fits_into_it_wherever_it_stands() {
    let name = unique("wrap");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = Writer::connect(&name).expect("a writer");
    let raw = Raw::open(&name);
    write(&mut writer, 6144).expect("the first");
    let first = next(&mut reader);
    // While the first is held, the second waits.
    writer.set_write_timeout(AT_ONCE);
    assert_kind(write(&mut writer, 7168), ErrorKind::BufferFull);
    writer.set_write_timeout(patience());
    std::thread::scope(|scope| {
        let second = scope.spawn(|| write(&mut writer, 7168));
        first.release();
        // Neither the rest at the end nor the space at the start is enough for it, so its place
        // is free when the reader has passed the rest.
        let frame = next(&mut reader);
        assert_eq!((frame.sequence(), frame.len()), (2, 7168));
        assert_eq!(second.join().expect("a thread").expect("the second"), 2);
    });
    assert_eq!(raw.header(0), (7168, 2), "it lies at the start");
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240);
}

/// 4.9
#[test]
fn ten_thousand_frames_at_full_speed() {
    let name = unique("rapid");
    let mut reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    writer.tell("write-many 1024 10000");
    reader.expect("drain 10000 0", "read 10000 frames of 10240000 bytes");
    assert_eq!(writer.answer(), "wrote 10000");
    assert_eq!(Raw::open(&name).get(field::PAYLOAD_FREE), 10240);
}

/// 4.10
#[test]
fn a_second_writer_is_refused_while_the_buffer_fills() {
    let name = unique("writer-full");
    let mut reader = Actor::reader(&name, 0, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("write-many 1008 8", "wrote 8");
    let mut second = Actor::start(&name);
    second.refuse("connect", "WriterAlreadyConnected");
    writer.expect("write-many 1008 2", "wrote 2");
    assert_eq!(Raw::open(&name).get(field::PAYLOAD_FREE), 0);
    second.refuse("connect", "WriterAlreadyConnected");
    writer.tell("write 1008");
    reader.expect("read 10000", "frame 1 1008 whole");
    assert_eq!(writer.answer(), "wrote 11");
}

/// 4.11
#[test]
fn of_two_readers_at_once_one_has_the_buffer() {
    let name = unique("race");
    let mut two = [Actor::start(&name), Actor::start(&name)];
    for round in 0..campaign(1000) {
        two.iter_mut().for_each(|actor| actor.tell("create 0 1024"));
        let answers = two.each_mut().map(|actor| actor.answer());
        let winner = answers.iter().position(|answer| answer == "created");
        let winner = winner.unwrap_or_else(|| panic!("round {round}: {answers:?}"));
        let refused = "error ReaderAlreadyConnected ";
        let other = &answers[1 - winner];
        assert!(other.starts_with(refused), "round {round}: {other}");
        // What the winner has is whole.
        let mut writer = hasty_writer(&name);
        write(&mut writer, 100).expect("a frame");
        two[winner].expect("read 10000", "frame 1 100 whole");
        drop(writer);
        two[winner].expect("close", "closed");
        assert_nothing_left(&name);
    }
}

/// 4.12
#[test]
fn a_writer_without_a_reader_is_told_so() {
    let name = unique("no-reader");
    let mut writer = Actor::start(&name);
    let said = writer.refuse("connect", "BufferNotFound");
    assert!(said.contains(&name), "{said}");
    assert_nothing_left(&name);
    // It may try again when there is one.
    let mut reader = Actor::reader(&name, 0, 1024);
    writer.expect("connect", "connected");
    writer.expect("write 100", "wrote 1");
    let frame = reader.ask("read 10000");
    assert_eq!(frame, "frame 1 100 whole");
}

/// Beside the list: no reader of another language gets past a rest of 1 to 15 bytes.
#[test]
fn no_rest_is_left_that_is_too_small_for_a_header() {
    for rest in 1..=16 {
        let name = unique("rest");
        let mut reader = reader(&name, 0, 4096);
        let mut writer = hasty_writer(&name);
        let raw = Raw::open(&name);
        write(&mut writer, 1008).expect("the first");
        next(&mut reader);
        // It would end so many bytes before the end.
        let size = 4096 - 1024 - 16 - rest;
        let outcome = write(&mut writer, size);
        if rest == 16 {
            assert_eq!(outcome.expect("a marker fits"), 2);
            assert_eq!(raw.get(field::WRITE_POS), 4096 - 16);
            assert_eq!(next(&mut reader).len(), size);
            continue;
        }
        // There is no other place for it, before the reader has passed the rest of the lap.
        assert_kind(outcome, ErrorKind::BufferFull);
        assert_eq!(raw.header(1024), (0, 0), "the marker");
        assert!(reader.read(AT_ONCE).expect("no error").is_none());
        assert_eq!(write(&mut writer, size).expect("at the start"), 2);
        assert_eq!(raw.header(0), (size as u64, 2));
        assert_eq!(next(&mut reader).len(), size);
    }
}
