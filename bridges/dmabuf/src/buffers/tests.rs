//! Buffers that every machine has, and what is said of those that it lacks.

use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, fcntl_get_seals, ftruncate, open};
use rustix::io::{Errno, write};

use super::*;
use crate::memory::{LentMap, MemoryKind};

#[test]
fn a_frame_is_written_row_after_row_and_read_by_its_descriptor() {
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("every machine has them");
    let mut buffer = buffers.get(9000).expect("memory");
    assert_eq!(buffer.size() % 4096, 0);
    let mut writing = buffer.begin().expect("nothing to be told");
    for row in 0..90u8 {
        writing.put(&[row; 100]).expect("it fits");
    }
    assert_eq!(writing.written(), 9000);
    let rest = vec![0; 3289];
    assert!(writing.put(&rest).is_err(), "beyond the end");
    writing.end().expect("nothing to be told");
    let lent = buffer.as_fd().try_clone_to_owned().expect("a descriptor");
    let map = LentMap::new(lent).expect("it is mapped");
    assert_eq!(map.kind(), MemoryKind::Memfd);
    let mut found = vec![0; 9000];
    map.copy(0, &mut found).expect("all of it");
    assert!((0..9000).all(|at| usize::from(found[at]) == at / 100));
}

#[test]
fn what_is_lent_can_neither_be_written_nor_changed_in_size() {
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("every machine has them");
    let buffer = buffers.get(5000).expect("memory");
    assert_eq!(write(&buffer, b"x"), Err(Errno::BADF));
    assert!(Map::new(buffer.as_fd(), 5000, Access::Write).is_err());
    // Whoever is allowed to opens it once more for writing, as root is: its size stays.
    let seals = fcntl_get_seals(&buffer).expect("a memfd");
    assert!(seals.contains(rustix::fs::SealFlags::SHRINK | rustix::fs::SealFlags::GROW));
    assert!(seals.contains(rustix::fs::SealFlags::SEAL));
    let path = format!("/proc/self/fd/{}", buffer.as_fd().as_raw_fd());
    if let Ok(own) = open(path, OFlags::RDWR, Mode::empty()) {
        assert_eq!(ftruncate(&own, 1), Err(Errno::PERM));
    }
}

#[test]
fn buffers_that_came_back_are_lent_again_and_others_sizes_are_not_kept() {
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("every machine has them");
    let (one, two) = (
        buffers.get(5000).expect("one"),
        buffers.get(5000).expect("two"),
    );
    let ids = (one.id(), two.id());
    assert_ne!(ids.0, ids.1);
    buffers.give_back(one);
    buffers.give_back(two);
    for _ in 0..100 {
        let again = buffers.get(8192).expect("as many pages");
        assert!(again.id() == ids.0 || again.id() == ids.1);
        buffers.give_back(again);
    }
    let made = buffers.made();
    let larger = buffers.get(8193).expect("larger");
    assert_eq!(buffers.made(), made + 1);
    assert_eq!(buffers.free.len(), 0);
    buffers.give_back(larger);
}

#[test]
fn kinds_have_names_and_what_is_not_there_is_told() {
    for name in ["memfd", "udmabuf", "heap:system"] {
        let kind: BufferKind = name.parse().expect("a kind");
        assert_eq!(kind.to_string(), name);
    }
    for name in ["", "heap:", "heap:..", "heap:a/b", "MEMFD"] {
        assert!(name.parse::<BufferKind>().is_err(), "{name}");
    }
    for (kind, device) in [
        (BufferKind::Udmabuf, "/dev/udmabuf"),
        (BufferKind::Heap("nope".into()), "/dev/dma_heap/nope"),
    ] {
        if !Path::new(device).exists() {
            let error = Buffers::new(kind).expect_err("it is not there").to_string();
            assert!(error.contains(device), "{error}");
        }
    }
}
