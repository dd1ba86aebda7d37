//! Feature file 07: what the system refuses, and what it must keep in order.

use std::path::PathBuf;

use zerobuffer::{BufferConfig, ErrorKind, Reader};

use crate::support::actor::Actor;
use crate::support::space::Space;
use crate::support::{assert_kind, files_of, hasty_writer, leftovers, next, reader, unique, write};

/// 7.1
#[test]
fn a_buffer_without_semaphores_is_not_made() {
    // A directory stands where a semaphore is to be.
    for blocked in [1, 2] {
        let name = unique("partial");
        let files = files_of(&name);
        std::fs::create_dir(&files[blocked]).expect("a directory");
        let outcome = Reader::create(&name, &BufferConfig::new(1024, 4096));
        let error = assert_kind(outcome.map(drop), ErrorKind::System);
        assert!(error.to_string().contains(&name), "{error}");
        assert_eq!(leftovers(&name), [PathBuf::from(&files[blocked])]);
        std::fs::remove_dir(&files[blocked]).expect("it is empty");
        // Nothing is in the way of the next one.
        drop(reader(&name, 1024, 4096));
    }
}

/// 7.2
#[test]
fn no_space_for_one_more_buffer() {
    let Some(space) = Space::new("no_space_for_one_more_buffer", "size=1m") else {
        return;
    };
    // Each has 128 bytes and 256 KiB, 260 KiB in pages: the fourth has no place.
    let names: Vec<String> = (0..4).map(|_| unique("exhausted")).collect();
    let mut have: Vec<Actor> = names[..3].iter().map(|name| space.start(name)).collect();
    for actor in &mut have {
        actor.expect("create 0 262144", "created");
    }
    let mut last = space.start(&names[3]);
    let said = last.refuse("create 0 262144", "NoSpace");
    assert!(
        said.contains(&names[3]) && said.contains("/dev/shm"),
        "{said}"
    );
    have.pop().expect("three").end();
    last.expect("create 0 262144", "created");
}

/// 7.3
#[test]
fn what_a_frame_has_is_seen_whole() {
    let name = unique("barrier");
    let mut reader = Actor::reader(&name, 1024, 4096);
    let mut writer = Actor::writer(&name);
    // Each byte tells of which frame it is; the ring is passed thousands of times.
    writer.tell("write-many 256 20000");
    reader.expect("drain 20000 0", "read 20000 frames of 5120000 bytes");
    assert_eq!(writer.answer(), "wrote 20000");
}

/// 7.4
#[test]
fn every_byte_of_small_and_large_frames() {
    let name = unique("pattern");
    let mut reader = reader(&name, 1024, 16 << 20);
    let mut writer = hasty_writer(&name);
    for size in [1, 1024, 1 << 20, 10 << 20] {
        write(&mut writer, size).expect("space");
        assert_eq!(next(&mut reader).len(), size);
    }
}
