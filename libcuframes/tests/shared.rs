//! Frames that are passed on by the descriptor of their memory.

mod common;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::Duration;

use common::{key, next, pixels, publisher, send, strict};
use cuframes::{Frame, SharedFrame};

/// The picture without padding, read through the descriptor.
fn read(frame: &Frame, shared: &SharedFrame<'_>) -> Vec<u8> {
    let file = File::from(shared.fd().try_clone_to_owned().expect("a copy"));
    let mut picture = Vec::new();
    for (index, plane) in shared.planes().iter().enumerate() {
        let row_bytes = frame.layout().plane_row_bytes(index) as usize;
        let rows = frame.layout().plane_rows(index);
        let whole = plane.pitch * (rows as usize - 1) + row_bytes;
        assert_eq!(plane.bytes, whole);
        for row in 0..u64::from(rows) {
            let mut bytes = vec![0; row_bytes];
            let at = plane.offset + row * plane.pitch as u64;
            file.read_exact_at(&mut bytes, at).expect("it is there");
            picture.extend(bytes);
        }
    }
    picture
}

#[test]
fn the_descriptor_has_the_pixels_of_each_frame_and_cannot_be_written() {
    let _shared = common::shared();
    let key = key("descriptor");
    let mut source = publisher(&key).build().expect("it publishes");
    let mut reader = strict(&key, "reader").keep_descriptor().connect();
    let reader = reader.as_mut().expect("it reads");
    let mut pools = Vec::new();
    for _ in 0..6 {
        send(&mut source);
        let frame = next(reader);
        let shared = frame.shared().expect("it was kept");
        let picture = read(&frame, &shared);
        assert!(!picture.is_empty());
        assert_eq!(picture, pixels(&frame));
        assert_eq!(shared.planes().len(), frame.plane_count());
        assert!(rustix::io::write(shared.fd(), b"x").is_err());
        pools.push(shared.pool());
    }
    assert_eq!(pools, [reader.epoch(); 6]);
}

/// Descriptors of frames' memories that this process has.
fn pool_descriptors() -> usize {
    let all = std::fs::read_dir("/proc/self/fd").expect("it is there");
    let of_pools = all.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let of_pools = of_pools.filter(|target| target.to_string_lossy().contains("cuframes-pool"));
    of_pools.count()
}

#[test]
fn nobody_who_did_not_ask_has_a_descriptor_more() {
    let _alone = common::alone();
    let key = key("undescribed");
    let mut source = publisher(&key).build().expect("it publishes");
    let of_publisher = pool_descriptors();
    assert!(of_publisher > 0);
    let mut plain = strict(&key, "plain").connect().expect("it reads");
    assert_eq!(pool_descriptors(), of_publisher);
    let keeping = strict(&key, "keeping").keep_descriptor().connect();
    let mut keeping = keeping.expect("it reads");
    assert_eq!(pool_descriptors(), of_publisher + 1);
    send(&mut source);
    assert!(next(&mut plain).shared().is_none());
    assert!(next(&mut keeping).shared().is_some());
}

#[test]
fn the_limit_of_a_lease_is_known_to_its_holder() {
    let _shared = common::shared();
    for limit in [Duration::ZERO, Duration::from_millis(1500)] {
        let key = key("limit");
        let source = publisher(&key).lease_timeout(limit).build();
        let mut source = source.expect("it publishes");
        let mut reader = strict(&key, "reader").connect().expect("it reads");
        let known = Some(limit).filter(|limit| !limit.is_zero());
        assert_eq!(reader.lease_timeout(), known);
        send(&mut source);
        assert_eq!(next(&mut reader).lease_timeout(), known);
    }
}
