//! As many subscribers as there is room for, and one more.

mod common;

use common::raw::Raw;
use common::{key, next, publisher, send, shared, strict, until};
use cuframes::wire::{ErrorCode, Mode};

#[test]
fn the_sixty_fifth_is_one_too_many() {
    let _guard = shared();
    let key = key("crowd");
    let mut source = publisher(&key).build().expect("publisher");
    let mut honest = strict(&key, "honest").connect().expect("honest");
    let mut crowd: Vec<_> = (1..64)
        .map(|i| Raw::join(&key, &format!("n{i}"), Mode::NewestOnly).raw)
        .collect();
    let raw = Raw::connect(&key);
    let (code, text) = raw.expect_refusal();
    assert_eq!(code, ErrorCode::TooManySubscribers, "{text}");
    assert!(text.contains("64"), "{text}");
    source
        .wait_subscribers(64, Some(common::WATCHDOG))
        .expect("all");
    assert_eq!(source.stats().subscribers.len(), 64);
    send(&mut source);
    assert_eq!(next(&mut honest).seq(), 1);
    drop(crowd.pop());
    until("a place is free", || source.stats().subscribers.len() == 63);
    let _late = Raw::join(&key, "late", Mode::NewestOnly);
    let all = Some(common::WATCHDOG);
    source.wait_subscribers(64, all).expect("all again");
    let mut indices: Vec<u32> = source
        .stats()
        .subscribers
        .iter()
        .map(|row| row.index)
        .collect();
    indices.sort_unstable();
    indices.dedup();
    assert!(
        indices.len() >= 63,
        "no index is given out twice: {indices:?}"
    );
}

#[test]
fn everyone_is_told_of_whatever_number() {
    let _guard = shared();
    let key = key("told");
    let source = publisher(&key)
        .max_subscribers(255)
        .build()
        .expect("publisher");
    let mut crowd = Vec::new();
    // Rows come 31 to a message: the edges are what counts.
    for count in [0, 1, 30, 31, 32, 62, 63, 100] {
        while crowd.len() < count {
            let name = format!("n{}", crowd.len());
            crowd.push(Raw::join(&key, &name, Mode::NewestOnly).raw);
        }
        source
            .wait_subscribers(count, Some(common::WATCHDOG))
            .expect("all");
        let info = cuframes::keys::info(&key, &[]).expect("info");
        assert_eq!(info.subscribers.len(), count);
    }
}
