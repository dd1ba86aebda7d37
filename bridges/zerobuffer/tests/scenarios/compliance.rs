//! Feature file 12: the protocol, field by field and file by file.

use std::fs::{self, TryLockError};

use crate::support::actor::Actor;
use crate::support::raw::{Raw, field};
use crate::support::{
    assert_nothing_left, files_of, hasty_writer, leftovers, next, reader, unique, write,
};

/// 12.1
#[test]
fn positions_and_counters_after_each_step() {
    let name = unique("oieb");
    let mut reader = reader(&name, 1000, 65_536);
    let raw = Raw::open(&name);
    let fixed = |raw: &Raw| {
        assert_eq!(raw.bytes(0, 8), [128, 0, 0, 0, 1, 0, 0, 0]);
        assert_eq!(raw.get(field::METADATA_SIZE), 1024, "in steps of 64");
        assert_eq!(raw.get(field::PAYLOAD_SIZE), 65_536);
        assert_eq!(raw.get(field::READER_PID), u64::from(std::process::id()));
        assert_eq!(raw.bytes(0x60, 32), [0; 32], "reserved");
    };
    fixed(&raw);
    assert_eq!(raw.len(), 128 + 1024 + 65_536);
    assert_eq!(raw.get(field::METADATA_FREE), 1024);
    assert_eq!(raw.get(field::METADATA_WRITTEN), 0);
    assert_eq!(raw.get(field::WRITER_PID), 0);
    let mut writer = hasty_writer(&name);
    assert_eq!(raw.get(field::WRITER_PID), u64::from(std::process::id()));
    writer.set_metadata(b"caps").expect("metadata");
    assert_eq!(raw.get(field::METADATA_WRITTEN), 8 + 4);
    assert_eq!(raw.get(field::METADATA_FREE), 1024 - 12);
    assert_eq!(raw.bytes(128, 12), *b"\x04\0\0\0\0\0\0\0caps");
    let sizes = [1000, 1, 4096, 333, 64];
    let (mut position, mut free) = (0, 65_536);
    for (i, size) in sizes.into_iter().enumerate() {
        write(&mut writer, size).expect("space");
        let (number, step) = (i as u64 + 1, size as u64 + 16);
        assert_eq!(raw.header(position), (size as u64, number));
        position += step;
        free -= step;
        assert_eq!(raw.get(field::WRITTEN), number);
        assert_eq!(raw.get(field::WRITE_POS), position);
        assert_eq!(raw.get(field::PAYLOAD_FREE), free);
        assert_eq!(raw.unread(), i as u32 + 1);
    }
    position = 0;
    for (i, size) in sizes.into_iter().enumerate() {
        let frame = next(&mut reader);
        position += size as u64 + 16;
        assert_eq!(raw.get(field::READ), i as u64 + 1);
        assert_eq!(raw.get(field::READ_POS), position);
        assert_eq!(raw.get(field::PAYLOAD_FREE), free, "not before the release");
        frame.release();
        free += size as u64 + 16;
        assert_eq!(raw.get(field::PAYLOAD_FREE), free);
        assert_eq!(raw.tokens('r'), i as u32 + 1, "one for each release");
    }
    fixed(&raw);
    drop(writer);
    assert_eq!(raw.get(field::WRITER_PID), 0);
    drop(reader);
    assert_eq!(raw.get(field::READER_PID), 0);
}

/// 12.2
#[test]
fn blocks_begin_at_multiples_of_64() {
    for (metadata, payload) in [(0, 64), (1, 65), (63, 127), (64, 128), (100, 10_000)] {
        let name = unique("aligned");
        let mut reader = reader(&name, metadata, payload);
        let raw = Raw::open(&name);
        let (metadata, payload) = (metadata.next_multiple_of(64), payload.next_multiple_of(64));
        assert_eq!(
            (reader.metadata_size(), reader.payload_size()),
            (metadata, payload)
        );
        assert_eq!(raw.len(), 128 + metadata + payload);
        let mut writer = hasty_writer(&name);
        // The data of the first frame lie behind its header, at the start of the payload.
        write(&mut writer, 17).expect("space");
        let frame = next(&mut reader);
        assert_eq!((frame.as_ptr() as usize - 16) % 64, 0);
        frame.release();
        // Those behind it lie wherever it ends, and are read as well.
        if payload > 64 {
            write(&mut writer, 3).expect("space");
            let frame = next(&mut reader);
            assert_eq!(frame.as_ptr() as usize % 64, 33 + 16);
        }
    }
}

/// 12.3
#[test]
fn a_lock_is_held_taken_over_and_removed() {
    let name = unique("lock");
    let lock = &files_of(&name)[3];
    let is_locked = || {
        let file = fs::File::open(lock).expect("the lock file");
        match file.try_lock() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(error)) => panic!("{error}"),
        }
    };
    let reader = Actor::reader(&name, 0, 1024);
    assert!(is_locked());
    assert_eq!(fs::metadata(lock).expect("the lock file").len(), 0);
    reader.kill();
    assert_eq!(leftovers(&name), files_of(&name));
    assert!(!is_locked());
    let successor = Actor::reader(&name, 0, 1024);
    assert!(is_locked());
    successor.end();
    assert_nothing_left(&name);
}

/// 12.4
#[test]
fn names_of_the_semaphores() {
    let pid = std::process::id();
    for name in [
        format!("550e8400-e29b-41d4-a716-{pid:012}"),
        format!("test_buffer-{pid}"),
        format!("very_long_buffer_name_that_tests_maximum_length_limits_{pid}"),
    ] {
        let mut reader = reader(&name, 0, 1024);
        for which in ['w', 'r'] {
            let path = format!("/dev/shm/sem.sem-{which}-{name}");
            // Value, waiters, and the mark of one that processes share.
            let bytes = fs::read(path).expect("a semaphore");
            assert_eq!(bytes.len(), 32);
            assert_eq!(bytes[..9], [0, 0, 0, 0, 0, 0, 0, 0, 128]);
        }
        write(&mut hasty_writer(&name), 1).expect("space");
        assert_eq!(Raw::open(&name).unread(), 1);
        next(&mut reader);
        drop(reader);
        assert_nothing_left(&name);
    }
}
