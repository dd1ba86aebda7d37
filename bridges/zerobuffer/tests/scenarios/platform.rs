//! Feature file 08: names and files as Linux has them.

use std::fs;

use zerobuffer::{BufferConfig, ErrorKind, Reader, Writer};

use crate::support::{
    assert_kind, assert_nothing_left, files_of, hasty_writer, leftovers, next, reader, unique,
    write,
};

/// 8.1
#[test]
fn files_of_a_buffer_and_their_end() {
    for stem in ["plain", "under_score.dot", "späße", "a b", "+~%@"] {
        let name = unique(stem);
        let mut reader = reader(&name, 1024, 4096);
        assert_eq!(leftovers(&name), files_of(&name), "all four are there");
        let mut writer = hasty_writer(&name);
        write(&mut writer, 100).expect("a frame");
        next(&mut reader);
        drop((writer, reader));
        assert_nothing_left(&name);
    }
}

/// 8.3
#[test]
fn names_of_any_length_that_files_can_have() {
    let plain = unique("compat-123");
    let mut chars = plain.chars();
    assert!(chars.all(|c| c.is_ascii_alphanumeric() || c == '-'));
    // A semaphore's file begins with "sem.sem-w-", and a file's name has 255 bytes at most.
    let longest = format!("{plain}-{}", "n".repeat(245 - plain.len() - 1));
    for name in [&plain, &longest] {
        let mut reader = reader(name, 0, 4096);
        write(&mut hasty_writer(name), 100).expect("a frame");
        next(&mut reader);
        drop(reader);
        assert_nothing_left(name);
    }
    let longer = format!("{longest}n");
    let config = BufferConfig::new(0, 4096);
    assert_kind(
        Reader::create(&longer, &config).map(drop),
        ErrorKind::InvalidName,
    );
    assert_kind(Writer::connect(&longer).map(drop), ErrorKind::InvalidName);
}

/// 8.4
#[test]
fn stale_files_make_way() {
    // Each alone, and all of them.
    for stale in [0b0001, 0b0010, 0b0100, 0b1000, 0b1111] {
        let name = unique("stale");
        fs::create_dir_all("/tmp/zerobuffer").expect("the folder of the locks");
        for (i, file) in files_of(&name).iter().enumerate() {
            if stale & (1 << i) != 0 {
                // As long as a whole segment is, and empty as one whose reader died at once.
                fs::write(file, [0; 4096]).expect("a stale file");
            }
        }
        let mut reader = reader(&name, 1024, 4096);
        let mut writer = hasty_writer(&name);
        write(&mut writer, 100).expect("a frame");
        assert_eq!(next(&mut reader).sequence(), 1);
        drop((writer, reader));
        assert_nothing_left(&name);
    }
}
