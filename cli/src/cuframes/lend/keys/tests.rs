//! Copies of frames whose publisher takes them back meanwhile.

use cuframes::{Format, FrameMeta, Publisher};
use frame_lending::buffers::{BufferKind, Buffers};
use frame_lending::engine::Lease;

use super::*;

const SIZE: (u32, u32) = (37, 11);

fn publisher(key: &str) -> Publisher {
    let builder = Publisher::builder(key)
        .format(Format::Nv12)
        .size(SIZE.0, SIZE.1)
        .slots(3)
        .lease_timeout(Duration::from_millis(50))
        .pressure_timeout(Duration::from_millis(5));
    builder.build().expect("nobody else has the key")
}

/// Fills every byte of the next frame with `value`.
fn publish(publisher: &mut Publisher, value: u8) {
    let Some(mut frame) = publisher.acquire().expect("it is ours") else {
        return;
    };
    for plane in 0..frame.layout().plane_count {
        frame.plane_mut(plane).fill(value);
    }
    let meta = FrameMeta::default();
    publisher.publish(frame, &meta).expect("it is ours");
}

fn subscribe(key: &str) -> Box<dyn Subscription<Lent>> {
    let keys = vec![key.to_owned()];
    let keys = Keys {
        memories: Memories::new(&keys, true),
        keys,
        allow_uids: Vec::new(),
        cuda: false,
        copies: false,
        clock: Arc::new(RealTime::new()),
    };
    keys.subscribe(key).expect("it is published")
}

fn copy(lease: &dyn Lease) -> Result<usize, SourceError> {
    let mut buffers = Buffers::new(BufferKind::Memfd).expect("memfds");
    let mut buffer = buffers.get(4096).expect("memory");
    let mut writing = buffer.begin().expect("nothing to be told");
    lease.copy_to(&mut writing)?;
    Ok(writing.written())
}

#[test]
fn a_frame_that_was_taken_back_is_not_taken_for_whole() {
    let key = format!("lend-keys-{}", std::process::id());
    let mut publisher = publisher(&key);
    let mut view = subscribe(&key);
    publish(&mut publisher, 1);
    let lease = view.newest().expect("it is there").expect("a frame");
    let tight = (37 * 11 + 38 * 6) as usize;
    assert_eq!(copy(&lease).expect("whole"), tight);
    lease.check().expect("whole");
    // A copy ends no lease.
    assert_eq!(copy(&lease).expect("whole"), tight);
    while publisher.stats().evicted == 0 {
        publish(&mut publisher, 2);
    }
    let told = copy(&lease).expect_err("it may be another frame's bytes");
    assert!(told.to_string().contains("evicted"), "{told}");
    assert!(lease.check().is_err(), "nor is what was looked at in place");
    drop(lease);
    assert!(view.newest().is_err());
    // Whoever asks again gets frames again.
    let mut view = subscribe(&key);
    publish(&mut publisher, 3);
    let lease = view.newest().expect("it is there").expect("a frame");
    assert_eq!(copy(&lease).expect("whole"), tight);
}
