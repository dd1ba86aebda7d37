//! Feature file 02: processes that crash, and their successors.

use crate::support::actor::Actor;
use crate::support::{assert_nothing_left, files_of, leftovers, unique};

/// 2.1
#[test]
fn the_death_of_a_writer_is_seen() {
    let name = unique("writer-crash");
    let mut reader = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("write 5", "wrote 1");
    reader.expect("read 10000", "frame 1 5 whole");
    writer.expect("write 6", "wrote 2");
    writer.kill();
    // What it wrote is still there to be read; after that the reader does not wait.
    reader.expect("read 10000", "frame 2 6 whole");
    reader.refuse("read 25000", "WriterDead");
    reader.end();
    assert_nothing_left(&name);
}

/// 2.2
#[test]
fn the_death_of_a_reader_is_seen() {
    let name = unique("reader-crash");
    let mut reader = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("write 1024", "wrote 1");
    reader.expect("read 10000", "frame 1 1024 whole");
    writer.expect("fill 1024", "filled 9");
    reader.kill();
    writer.refuse("write 1024", "ReaderDead");
    writer.end();
    remove(&name);
}

/// What a reader leaves that was killed: a successor takes it away.
fn remove(name: &str) {
    assert!(!leftovers(name).is_empty());
    Actor::reader(name, 0, 1024).end();
    assert_nothing_left(name);
}

/// 2.3
#[test]
fn a_reader_takes_the_place_of_one_that_crashed() {
    let name = unique("replacement");
    let mut first = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    writer.expect("set-metadata 100", "ok");
    writer.expect("write 1024", "wrote 1");
    first.expect("read 10000", "frame 1 1024 whole");
    first.kill();
    assert_eq!(leftovers(&name).len(), 4, "what the first had");
    let mut second = Actor::reader(&name, 1024, 10240);
    second.expect("metadata", "none");
    writer.refuse("write 1024", "ReaderDead");
    writer.expect("connect", "connected");
    writer.expect("write 1024", "wrote 1");
    second.expect("read 10000", "frame 1 1024 whole");
    writer.end();
    second.end();
    assert_nothing_left(&name);
}

/// 2.4
#[test]
fn a_second_writer_is_refused() {
    let name = unique("second-writer");
    let mut reader = Actor::reader(&name, 1024, 10240);
    let mut writer = Actor::writer(&name);
    let mut second = Actor::start(&name);
    let said = second.refuse("connect", "WriterAlreadyConnected");
    assert!(said.contains(&writer.pid().to_string()), "{said}");
    // The first is not disturbed.
    writer.expect("write 1024", "wrote 1");
    reader.expect("read 10000", "frame 1 1024 whole");
    // When it has gone, another may come.
    writer.end();
    second.expect("connect", "connected");
    second.end();
    reader.end();
    assert_nothing_left(&name);
}

/// Beside the list: readers in other languages remove lock files that they should not.
#[test]
fn a_reader_without_its_lock_file_keeps_its_buffer() {
    let name = unique("lockless");
    let mut reader = Actor::reader(&name, 0, 4096);
    std::fs::remove_file(&files_of(&name)[3]).expect("its lock file");
    let mut second = Actor::start(&name);
    let said = second.refuse("create 0 4096", "ReaderAlreadyConnected");
    assert!(said.contains(&reader.pid().to_string()), "{said}");
    let mut writer = Actor::writer(&name);
    writer.expect("write 100", "wrote 1");
    reader.expect("read 10000", "frame 1 100 whole");
    reader.end();
    second.expect("create 0 4096", "created");
    second.end();
    assert_nothing_left(&name);
}

/// Beside the list: what a writer has written whole is read, though it died before it said so.
#[test]
fn a_frame_that_its_dead_writer_did_not_announce() {
    let name = unique("unannounced");
    let mut reader = Actor::reader(&name, 0, 4096);
    let mut command = Actor::command(&name);
    command.env("ZEROBUFFER_FAILPOINT", "FrameCounted:2");
    let mut writer = Actor::spawn(command);
    writer.expect("connect", "connected");
    writer.expect("write 100", "wrote 1");
    writer.tell("write 200");
    writer.reap();
    reader.expect("read 10000", "frame 1 100 whole");
    reader.expect("read 10000", "frame 2 200 whole");
    reader.refuse("read 25000", "WriterDead");
    reader.end();
    assert_nothing_left(&name);
}
