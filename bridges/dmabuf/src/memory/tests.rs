//! Descriptors of every kind, as memory.

use std::fs::File;
use std::os::fd::OwnedFd;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::write;

use super::*;

fn memfd(bytes: &[u8], seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create("frame-lending-test", flags).expect("a memfd");
    assert_eq!(write(&fd, bytes), Ok(bytes.len()));
    fcntl_add_seals(&fd, seals).expect("it is sealed");
    fd
}

#[test]
fn a_sealed_memfd_is_mapped_and_read_inside_of_its_bounds() {
    let bytes: Vec<u8> = (0..10_000).map(|at| (at % 251) as u8).collect();
    let map = LentMap::new(memfd(&bytes, SealFlags::SHRINK)).expect("it is mapped");
    assert_eq!((map.size(), map.kind()), (10_000, MemoryKind::Memfd));
    let mut found = vec![0; 9_877];
    let reading = map.begin().expect("nothing to be told");
    map.copy(123, &mut found).expect("all inside");
    reading.end().expect("nothing to be told");
    assert_eq!(found, bytes[123..]);
    for offset in [124, 10_001, u64::MAX] {
        let outside = map.copy(offset, &mut found);
        assert!(matches!(outside, Err(MemoryError::Outside { .. })));
    }
}

#[test]
fn memory_that_could_go_away_is_not_mapped() {
    let open = LentMap::new(memfd(b"x", SealFlags::GROW));
    assert!(matches!(open, Err(MemoryError::CanShrink)), "{open:?}");
    let empty = memfd(b"", SealFlags::SHRINK);
    let empty = LentMap::new(empty);
    assert!(matches!(empty, Err(MemoryError::Empty)), "{empty:?}");
    let sealed = memfd(b"1234", SealFlags::SHRINK);
    assert!(ftruncate(&sealed, 1).is_err(), "a seal holds");
}

#[test]
fn what_is_no_memory_is_refused() {
    let mut files = vec![tempfile::tempfile().expect("a file")];
    for path in ["/", "/dev/null", "/proc/self/maps"] {
        files.push(File::open(path).expect("it is there"));
    }
    for file in files {
        let refused = LentMap::new(file.into());
        assert!(
            matches!(refused, Err(MemoryError::Kind | MemoryError::CanShrink)),
            "{refused:?}"
        );
    }
}
