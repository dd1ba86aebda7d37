//! Files that stand where a buffer should be, and are none, or not all of one.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use zerobuffer::{BufferConfig, ErrorKind, Reader, Writer, inspect};

use crate::support::raw::Raw;
use crate::support::{assert_kind, assert_nothing_left, files_of, reader, unique};

/// Neither side can use what is there, and it stays as it is.
#[track_caller]
fn refuse(name: &str, path: &Path) {
    let is_there = || fs::symlink_metadata(path).is_ok();
    let error = Writer::connect(name).map(drop).expect_err("no buffer");
    assert!(error.to_string().contains(name), "{error}");
    inspect(name).map(drop).expect_err("no buffer");
    assert!(is_there());
    let outcome = Reader::create(name, &BufferConfig::new(0, 4096));
    let error = outcome.map(drop).expect_err("it is not ours to remove");
    assert!(error.to_string().contains(name), "{error}");
    assert!(is_there());
}

#[test]
fn what_is_no_buffer_is_not_touched() {
    let name = unique("foreign");
    let path = &files_of(&name)[0];
    let noise: Vec<u8> = (0..8192_u32).map(|i| (i * 7 + 3) as u8).collect();
    for bytes in [&noise[..], &[0xFF; 4096], b"#!/bin/sh\n", &noise[..128]] {
        fs::write(path, bytes).expect("a file");
        if bytes.len() >= 128 {
            refuse(&name, path);
            assert_eq!(fs::read(path).expect("the file"), bytes);
        } else {
            Writer::connect(&name).map(drop).expect_err("no buffer");
        }
        fs::remove_file(path).expect("still there");
    }
    fs::create_dir(path).expect("a folder");
    refuse(&name, path);
    fs::remove_dir(path).expect("still there");
    // A link to something else is not followed.
    let target = std::env::temp_dir().join(&name);
    fs::write(&target, &noise).expect("a file");
    symlink(&target, path).expect("a link");
    refuse(&name, path);
    assert_eq!(fs::read(&target).expect("the target"), noise);
    fs::remove_file(path).expect("still there");
    fs::remove_file(&target).expect("still there");
    // Nothing is in the way any more.
    drop(reader(&name, 0, 4096));
    assert_nothing_left(&name);
}

#[test]
fn a_segment_that_was_cut_off() {
    // Of one that a dead reader left, since the memory of a living one is not taken from it.
    let name = unique("cut");
    let kept = reader(&name, 1024, 4096);
    let raw = Raw::open(&name);
    let whole = raw.bytes(0, raw.len() as usize);
    drop(kept);
    let files = files_of(&name);
    for len in [0, 1, 64, 127, 128, 1152, 5247] {
        let mut bytes = whole[..len].to_vec();
        if len >= 128 {
            bytes[0x58..0x5C].copy_from_slice(&std::process::id().to_le_bytes());
        }
        fs::write(&files[0], &bytes).expect("a file");
        let mut semaphore = [0; 32];
        semaphore[8] = 0x80;
        fs::write(&files[1], semaphore).expect("a semaphore");
        fs::write(&files[2], semaphore).expect("a semaphore");
        let kind = match len {
            0..128 => ErrorKind::NotReady,
            _ => ErrorKind::Corrupt,
        };
        assert_kind(Writer::connect(&name).map(drop), kind);
        inspect(&name).map(drop).expect_err("half a buffer");
        files[..3].iter().for_each(|file| {
            fs::remove_file(file).expect("still there");
        });
    }
    assert_nothing_left(&name);
}

#[test]
fn semaphores_that_are_none() {
    let name = unique("semaphores");
    for spoiled in [1, 2] {
        let reader = reader(&name, 0, 4096);
        let path = &files_of(&name)[spoiled];
        let rest = fs::read(path).expect("a semaphore");
        fs::remove_file(path).expect("a semaphore");
        assert_kind(Writer::connect(&name).map(drop), ErrorKind::NotReady);
        fs::write(path, &rest[..31]).expect("a file");
        assert_kind(Writer::connect(&name).map(drop), ErrorKind::Corrupt);
        fs::remove_file(path).expect("the file");
        fs::create_dir(path).expect("a folder");
        let outcome = Writer::connect(&name);
        outcome.map(drop).expect_err("a folder is no semaphore");
        fs::remove_dir(path).expect("the folder");
        drop(reader);
        assert_nothing_left(&name);
    }
}
