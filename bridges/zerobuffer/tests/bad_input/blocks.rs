//! A first block with each field wrong in turn.

use zerobuffer::{ErrorKind, Reader, Writer, inspect};

use crate::support::raw::{Raw, field};
use crate::support::{AT_ONCE, assert_kind, hasty_writer, next, reader, unique, write};

/// Values that no field should have, or that only another one may.
const VALUES: [u64; 14] = [
    0,
    1,
    15,
    63,
    65,
    4095,
    4096,
    4097,
    u32::MAX as u64,
    1 << 40,
    i64::MAX as u64,
    1 << 63,
    u64::MAX - 15,
    u64::MAX,
];

/// Ten frames, or an error; then a look, which changes nothing.
fn use_it(name: &str, reader: &mut Reader, writer: &mut Writer) {
    for size in [100, 1000, 1, 2000, 4080] {
        let _ = write(writer, size);
        let _ = writer.buffer(size).map(|frame| frame.commit());
        let _ = (reader.read(AT_ONCE), reader.metadata());
        let _ = (writer.frames_unread(), reader.writer_pid());
        let _ = reader.read(AT_ONCE);
    }
    let _ = writer.set_metadata(b"metadata");
    let _ = inspect(name);
}

/// Each field wrong while both sides are connected.
#[test]
fn fields_that_go_wrong_under_both_sides() {
    for at in (0..field::END).step_by(8) {
        for value in VALUES {
            let name = unique("under");
            let mut reader = reader(&name, 256, 4096);
            let mut writer = hasty_writer(&name);
            write(&mut writer, 100).expect("space");
            next(&mut reader);
            write(&mut writer, 100).expect("space");
            Raw::open(&name).set(at, value);
            use_it(&name, &mut reader, &mut writer);
            drop((writer, reader));
            // Both names are gone, whatever was written there.
            crate::support::assert_nothing_left(&name);
        }
    }
}

/// Each field wrong before the writer connects.
#[test]
fn fields_that_are_wrong_from_the_start() {
    for at in (0..field::END).step_by(8) {
        for value in VALUES {
            let name = unique("start");
            let mut reader = reader(&name, 256, 4096);
            let raw = Raw::open(&name);
            raw.set(at, value);
            let _ = inspect(&name);
            match Writer::connect(&name) {
                Ok(mut writer) => {
                    writer.set_write_timeout(AT_ONCE);
                    use_it(&name, &mut reader, &mut writer);
                }
                Err(error) => assert!(error.to_string().contains(&name), "{error}"),
            }
        }
    }
}

/// What a writer must not take for a buffer, and why it does not.
#[test]
fn each_wrong_field_is_told() {
    let name = unique("told");
    let reader = reader(&name, 256, 4096);
    let raw = Raw::open(&name);
    let refuse = |at, value, kind| {
        let before = raw.get(at);
        raw.set(at, value);
        let error = assert_kind(Writer::connect(&name).map(drop), kind);
        assert!(error.to_string().contains(&name), "{error}");
        assert_eq!(raw.get(field::WRITER_PID), 0);
        raw.set(at, before);
    };
    let version = |size: u64, major: u64| size | major << 32;
    for size in [0, 64, 127, 129, 256, u64::from(u32::MAX)] {
        refuse(field::OIEB_SIZE, version(size, 1), ErrorKind::Corrupt);
    }
    refuse(field::OIEB_SIZE, version(1024, 2), ErrorKind::Version);
    refuse(field::OIEB_SIZE, version(1024, 1), ErrorKind::Version);
    for major in [0, 2, 3, 255] {
        refuse(field::OIEB_SIZE, version(128, major), ErrorKind::Version);
    }
    for at in [field::METADATA_SIZE, field::PAYLOAD_SIZE] {
        for size in [1, 63, 65, 8192, 1 << 40, 1 << 63, u64::MAX - 63, u64::MAX] {
            refuse(at, size, ErrorKind::Corrupt);
        }
    }
    refuse(field::PAYLOAD_SIZE, 0, ErrorKind::Corrupt);
    // It holds its lock: it is there, and has not said so yet.
    refuse(field::READER_PID, 0, ErrorKind::NotReady);
    // A number that means nothing: one that no process has, and that of this one.
    for pid in [u64::MAX, u64::from(std::process::id())] {
        raw.set(field::WRITER_PID, pid);
        drop(hasty_writer(&name));
        assert_eq!(raw.get(field::WRITER_PID), 0);
    }
    // A newer minor version, with whatever it has in its reserved bytes, is understood.
    raw.put(field::VERSION, &[1, 7, 3, 9]);
    raw.put(0x60, &[0xAA; 32]);
    drop(hasty_writer(&name));
    drop(reader);
}

/// What each side believes only within bounds.
#[test]
fn sums_that_cannot_be_are_told() {
    let name = unique("sums");
    let mut reader = reader(&name, 256, 4096);
    let mut writer = hasty_writer(&name);
    let raw = Raw::open(&name);
    for free in [4097, 1 << 40, u64::MAX] {
        raw.set(field::PAYLOAD_FREE, free);
        assert_kind(write(&mut writer, 100), ErrorKind::Corrupt);
    }
    raw.set(field::PAYLOAD_FREE, 4096);
    for written in [1, 7, 257, u64::MAX] {
        raw.set(field::METADATA_WRITTEN, written);
        assert_kind(reader.metadata(), ErrorKind::Corrupt);
    }
    // A length that is larger than what was written.
    raw.set(field::METADATA_WRITTEN, 16);
    for length in [9, 249, u64::MAX] {
        raw.set(field::END, length);
        assert_kind(reader.metadata(), ErrorKind::Corrupt);
    }
    raw.set(field::END, 8);
    assert_eq!(reader.metadata().expect("metadata"), Some(vec![0; 8]));
    // Positions are each side's own: what others make of them does not lead it astray.
    for position in [1, 4095, 4096, 1 << 40, u64::MAX] {
        raw.set(field::WRITE_POS, position);
        raw.set(field::READ_POS, position);
        write(&mut writer, 100).expect("space");
        assert_eq!(next(&mut reader).len(), 100);
    }
}
