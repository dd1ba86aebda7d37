//! Names that no buffer can have, and buffers that are there twice.

use zerobuffer::{BufferConfig, ErrorKind, Reader, Writer, inspect};

use crate::support::actor::Actor;
use crate::support::{assert_kind, assert_nothing_left, hasty_writer, next, reader, unique, write};

#[test]
fn names_that_cannot_be() {
    let long = "n".repeat(246);
    for name in ["", ".", "..", "a/b", "/a", "../tmp/a", "a\0b", &long] {
        let config = BufferConfig::new(0, 4096);
        let kind = ErrorKind::InvalidName;
        let error = assert_kind(Reader::create(name, &config).map(drop), kind);
        assert!(error.to_string().contains(name), "{error}");
        assert_kind(Writer::connect(name).map(drop), kind);
        assert_kind(inspect(name).map(drop), kind);
    }
}

#[test]
fn sizes_that_cannot_be() {
    let name = unique("config");
    for (metadata, payload) in [
        (0, 0),
        (u64::MAX, 4096),
        (0, u64::MAX),
        (u64::MAX - 63, u64::MAX - 63),
        (i64::MAX as u64, i64::MAX as u64),
        (0, i64::MAX as u64 + 1),
    ] {
        let config = BufferConfig::new(metadata, payload);
        let outcome = Reader::create(&name, &config);
        assert_kind(outcome.map(drop), ErrorKind::InvalidConfig);
        assert_nothing_left(&name);
    }
    // Larger than any memory.
    let outcome = Reader::create(&name, &BufferConfig::new(0, 1 << 60));
    assert_kind(outcome.map(drop), ErrorKind::NoSpace);
    assert_nothing_left(&name);
}

#[test]
fn a_second_reader_and_a_second_writer() {
    let name = unique("second");
    let mut first = reader(&name, 0, 4096);
    let config = BufferConfig::new(0, 8192);
    // Of the same process, and of another one.
    let error = assert_kind(
        Reader::create(&name, &config).map(drop),
        ErrorKind::ReaderAlreadyConnected,
    );
    let own = std::process::id().to_string();
    assert!(error.to_string().contains(&own), "{error}");
    let mut other = Actor::start(&name);
    let said = other.refuse("create 0 8192", "ReaderAlreadyConnected");
    assert!(said.contains(&own), "{said}");
    let mut writer = hasty_writer(&name);
    let outcome = Writer::connect(&name).map(drop);
    assert_kind(outcome, ErrorKind::WriterAlreadyConnected);
    let said = other.refuse("connect", "WriterAlreadyConnected");
    assert!(said.contains(&own), "{said}");
    // What is there is not disturbed.
    for _ in 0..10 {
        write(&mut writer, 1000).expect("space");
        assert_eq!(next(&mut first).len(), 1000);
    }
}
