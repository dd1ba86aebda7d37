//! Feature file 05: shared memory that is not as it should be, and the sums of its free space.

use zerobuffer::{ErrorKind, Writer};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{
    AT_ONCE, WATCHDOG, assert_kind, assert_nothing_left, hasty_writer, next, reader, unique, write,
};

/// 5.1
#[test]
fn a_first_block_of_a_wrong_size_is_refused() {
    let name = unique("oieb");
    let mut reader = reader(&name, 1024, 1 << 20);
    let mut writer = hasty_writer(&name);
    write(&mut writer, 5).expect("a frame");
    next(&mut reader);
    drop(writer);
    let raw = Raw::open(&name);
    for size in [0_u32, 64, 127, 129, u32::MAX] {
        raw.put(field::OIEB_SIZE, &size.to_le_bytes());
        let error = Writer::connect(&name).map(drop);
        let error = assert_kind(error, ErrorKind::Corrupt);
        assert!(error.to_string().contains(&name), "{error}");
    }
    // That of the next version, which is told as such.
    raw.put(field::OIEB_SIZE, &1024_u32.to_le_bytes());
    assert_kind(Writer::connect(&name).map(drop), ErrorKind::Version);
    raw.put(field::OIEB_SIZE, &128_u32.to_le_bytes());
    write(&mut hasty_writer(&name), 5).expect("a frame");
}

/// 5.2
#[test]
fn a_frame_of_no_size_is_refused() {
    let name = unique("header");
    let mut reader = reader(&name, 1024, 1 << 20);
    let mut writer = hasty_writer(&name);
    write(&mut writer, 4).expect("a frame");
    // A size of 0 at the start would be a way back to where it stands.
    Raw::open(&name).set_header(0, 0, 1);
    assert_kind(reader.read(WATCHDOG), ErrorKind::Corrupt);
}

/// 5.3
#[test]
fn a_writer_learns_that_its_reader_died_while_it_wrote() {
    let name = unique("death-in-write");
    let reader = Actor::reader(&name, 0, 10240);
    let mut writer = Writer::connect(&name).expect("a writer");
    let frame = writer.buffer(8192).expect("space");
    reader.kill();
    assert_eq!(frame.commit(), 1);
    assert_kind(write(&mut writer, 8192), ErrorKind::ReaderDead);
    drop(writer);
    Actor::reader(&name, 0, 1024).end();
    assert_nothing_left(&name);
}

/// 5.5
#[test]
fn a_rest_at_the_end_is_marked_and_given_back() {
    let name = unique("waste");
    let mut reader = reader(&name, 0, 10240);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    // So that there is no zero where the marker is to be.
    write(&mut writer, 10240 - 16).expect("all of it");
    next(&mut reader);
    assert_ne!(raw.header(10140), (0, 0));
    write(&mut writer, 10240 - 100 - 16).expect("all but 100 bytes");
    let first = next(&mut reader);
    assert_kind(write(&mut writer, 200), ErrorKind::BufferFull);
    first.release();
    assert_eq!(raw.get(field::WRITE_POS), 10140);
    assert_eq!(write(&mut writer, 200).expect("at the start"), 3);
    assert_eq!(raw.header(10140), (0, 0), "the marker");
    assert_eq!(raw.header(0), (200, 3));
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240 - 100 - 216);
    assert_eq!(raw.get(field::WRITE_POS), 216);
    let frame = next(&mut reader);
    assert_eq!((frame.sequence(), frame.len()), (3, 200));
    frame.release();
    assert_eq!(raw.get(field::READ_POS), 216);
    assert_eq!(raw.get(field::PAYLOAD_FREE), 10240);
}

/// Brings a ring of 10240 bytes to these positions, and finds the largest frame that it takes
/// without a wait.
fn largest_frame(write_pos: u64, read_pos: u64) -> u64 {
    let fits = |size: u64| {
        let name = unique("space");
        let mut reader = reader(&name, 0, 10240);
        let mut writer = hasty_writer(&name);
        let mut put = |bytes: u64| write(&mut writer, bytes as usize - 16).expect("space");
        let mut held = Vec::new();
        if write_pos >= read_pos {
            if read_pos > 0 {
                put(read_pos);
                next(&mut reader).release();
            }
            if write_pos > read_pos {
                put(write_pos - read_pos);
                held.push(next(&mut reader));
            }
        } else {
            put(read_pos);
            next(&mut reader).release();
            put(10240 - read_pos);
            put(write_pos);
        }
        let raw = Raw::open(&name);
        assert_eq!(raw.get(field::WRITE_POS), write_pos);
        write(&mut writer, size as usize).is_ok()
    };
    // By halves: what fits, and what does not.
    let (mut small, mut large) = (0, 10240);
    while large - small > 16 {
        let middle = small + (large - small) / 32 * 16;
        if fits(middle) {
            small = middle;
        } else {
            large = middle;
        }
    }
    small
}

/// 5.6
#[test]
fn the_space_that_a_frame_can_have() {
    // Sizes in steps of 16, which leave no rest that a marker would not fit into.
    assert_eq!(largest_frame(4992, 2000), 10240 - 4992 - 16, "to the end");
    assert_eq!(largest_frame(2000, 4992), 4992 - 2000 - 16, "to the reader");
    assert_eq!(largest_frame(0, 0), 10240 - 16, "all of a new one");
    assert_eq!(
        largest_frame(4992, 0),
        10240 - 4992 - 16,
        "to the end, not over it"
    );
    // Nothing is read or written meanwhile, so that the rest is not yet passed.
    let empty = largest_frame(4992, 4992);
    assert!((5232..=10224).contains(&empty), "{empty} of an empty one");
}

/// 5.7
#[test]
fn the_largest_frame() {
    let name = unique("max-frame");
    let payload = 100 << 20;
    let mut reader = reader(&name, 0, payload);
    let mut writer = hasty_writer(&name);
    assert_eq!(writer.max_frame_size(), payload - 16);
    let size = payload as usize - 16;
    let mut frame = writer.buffer(size).expect("it fits");
    frame.copy_from(0, &[1]);
    frame.copy_from(size - 1, &[2]);
    frame.commit();
    assert_kind(writer.buffer(size + 1).map(drop), ErrorKind::FrameTooLarge);
    assert_kind(writer.write(&[0; 1]), ErrorKind::BufferFull);
    let frame = reader.read(AT_ONCE).expect("a frame").expect("at once");
    assert_eq!(frame.len(), size);
    let mut ends = [0; 2];
    frame.copy_range_to(0, &mut ends[..1]);
    frame.copy_range_to(size - 1, &mut ends[1..]);
    assert_eq!(ends, [1, 2]);
}

/// Beside the list: a sum that the other side has spoiled.
#[test]
fn more_free_space_than_there_is() {
    let name = unique("free");
    let mut reader = reader(&name, 0, 4096);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    for free in [4097, 1 << 40, u64::MAX] {
        raw.set(field::PAYLOAD_FREE, free);
        assert_kind(write(&mut writer, 100), ErrorKind::Corrupt);
    }
    raw.set(field::PAYLOAD_FREE, 4096);
    write(&mut writer, 100).expect("it is as it was");
    assert_eq!(next(&mut reader).len(), 100);
}
