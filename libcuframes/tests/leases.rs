//! Holding frames: what is held is not written, clones share a lease, and who holds too much
//! or too long is told so.

mod common;

use std::time::Duration;

use common::{
    WATCHDOG, is_whole, key, next, pixels, publisher, send, send_many, shared, strict, until,
};
use cuframes::{ErrorCode, Format, Frame, Policy};

#[test]
fn clones_share_one_lease() {
    let _guard = shared();
    let key = key("clones");
    let mut source = publisher(&key)
        .slots(4)
        .max_leases(1)
        .build()
        .expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send(&mut source);
    let frame = next(&mut reader);
    let clones: Vec<Frame> = (0..10).map(|_| frame.clone()).collect();
    let held = |source: &cuframes::Publisher| source.stats().subscribers[0].held;
    assert_eq!((reader.stats().leases, held(&source)), (1, 1));
    drop(frame);
    // Clones may go on any thread, and the pixels stay until the last of them is gone.
    std::thread::scope(|scope| {
        for clone in clones.into_iter().skip(1) {
            scope.spawn(move || assert!(is_whole(&clone)));
        }
        send_many(&mut source, 20);
    });
    // One was skipped, that is dropped, so no lease is left.
    assert_eq!((reader.stats().leases, held(&source)), (0, 0));
    assert_eq!(source.stats().evicted, 0);
}

#[test]
fn what_is_held_is_not_written() {
    let _guard = shared();
    let key = key("held");
    let mut source = publisher(&key)
        .slots(4)
        .max_leases(3)
        .build()
        .expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send_many(&mut source, 2);
    let (first, second) = (next(&mut reader), next(&mut reader));
    let clone = second.clone();
    drop(second);
    send_many(&mut source, 1000);
    assert_eq!(source.stats().dropped, 0, "two slots are enough to go on");
    for frame in [first, clone] {
        assert!(is_whole(&frame), "frame {} changed", frame.seq());
        frame.release().expect("whole");
    }
    assert_eq!(source.stats().subscribers[0].held, 0);
}

#[test]
fn the_leases_are_limited() {
    let _guard = shared();
    let key = key("limit");
    let mut source = publisher(&key).max_leases(2).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    assert_eq!(reader.max_leases(), 2);
    send_many(&mut source, 4);
    let (first, second) = (next(&mut reader), next(&mut reader));
    for _ in 0..3 {
        let error = reader.next(Some(WATCHDOG)).expect_err("a third");
        assert_eq!(error.code(), ErrorCode::InvalidArgument, "{error}");
        assert!(error.to_string().contains("all 2 leases"), "{error}");
    }
    assert_eq!(reader.stats().leases, 2);
    drop(first);
    let third = next(&mut reader);
    assert_eq!(
        (second.seq(), third.seq()),
        (2, 3),
        "nothing was lost by asking"
    );
    drop((second, third));
    assert_eq!(next(&mut reader).seq(), 4);
    let stats = reader.stats();
    assert_eq!((stats.received, stats.missed, stats.leases), (4, 0, 0));
    assert_eq!(source.stats().evicted, 0);
}

#[test]
fn the_default_is_a_quarter_of_the_slots() {
    let _guard = shared();
    for (slots, leases) in [(2, 1), (4, 1), (8, 2), (15, 3), (16, 4)] {
        let key = key(&format!("quarter{slots}"));
        let _source = publisher(&key).slots(slots).build().expect("publisher");
        let reader = strict(&key, "reader").connect().expect("reader");
        assert_eq!(reader.max_leases(), leases);
    }
}

#[test]
fn a_frame_outlives_its_subscriber() {
    let _guard = shared();
    let key = key("outlives");
    let mut source = publisher(&key).slots(4).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send(&mut source);
    let frame = next(&mut reader);
    drop(reader);
    let before = pixels(&frame);
    for _ in 0..1000 {
        send(&mut source);
        assert!(pixels(&frame) == before);
    }
    assert!(is_whole(&frame));
    assert_eq!(
        source.stats().subscribers.len(),
        1,
        "it is held, so it counts"
    );
    frame.release().expect("whole");
    until("it is gone", || source.stats().subscribers.is_empty());
    assert_eq!(source.stats().dropped, 0);
}

#[test]
fn a_frame_outlives_its_publisher() {
    let _guard = shared();
    let key = key("orphan");
    let mut source = publisher(&key).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send(&mut source);
    let frame = next(&mut reader);
    drop(source);
    let mut again = publisher(&key).build().expect("another");
    send_many(&mut again, 20);
    assert!(is_whole(&frame));
    frame.release().expect("whole");
}

#[test]
fn old_frames_survive_a_reconfiguration() {
    let _guard = shared();
    let key = key("resize");
    let mut source = publisher(&key)
        .slots(4)
        .max_leases(2)
        .build()
        .expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send(&mut source);
    let old = next(&mut reader);
    source
        .reconfigure(Format::R8, 128, 16)
        .expect("reconfigure");
    send(&mut source);
    let new = next(&mut reader);
    assert_eq!((new.seq(), new.layout().width), (2, 128));
    send_many(&mut source, 100);
    assert_eq!((old.layout().width, old.layout().height), (64, 48));
    assert!(is_whole(&old) && is_whole(&new));
    old.release().expect("whole");
    new.release().expect("whole");
    assert_eq!(source.stats().evicted, 0);
}

#[test]
fn who_holds_too_long_is_evicted_and_told() {
    let _guard = shared();
    let key = key("long");
    let builder = publisher(&key).slots(4).max_leases(2);
    let builder = builder.lease_timeout(Duration::from_millis(50));
    let mut source = builder.build().expect("publisher");
    let mut slow = strict(&key, "slow").connect().expect("reader");
    let mut honest = strict(&key, "honest").connect().expect("reader");
    send(&mut source);
    let (frame, newest) = (next(&mut slow), next(&mut honest));
    // As long as it is the newest it may be held: a paused source evicts nobody.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(source.stats().evicted, 0);
    drop(newest);
    send(&mut source);
    until("the slow one is evicted", || source.stats().evicted == 1);
    let error = frame.clone().release().expect_err("evicted");
    assert_eq!(error.code(), ErrorCode::Evicted);
    let error = frame.release().expect_err("evicted");
    assert_eq!(error.code(), ErrorCode::Evicted, "{error}");
    for _ in 0..3 {
        let error = slow.next(Some(WATCHDOG)).expect_err("evicted");
        assert_eq!(error.code(), ErrorCode::Evicted, "{error}");
        assert!(error.to_string().contains("lease_timeout"), "{error}");
    }
    let error = strict(&key, "slow").connect().expect_err("not at once");
    assert_eq!(error.code(), ErrorCode::Evicted);
    assert_eq!(next(&mut honest).seq(), 2, "nobody else is harmed");
}

#[test]
fn without_a_limit_nobody_is_evicted() {
    let _guard = shared();
    let key = key("patient");
    let builder = publisher(&key).slots(4).lease_timeout(Duration::ZERO);
    let mut source = builder.build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send(&mut source);
    let frame = next(&mut reader);
    send_many(&mut source, 10);
    std::thread::sleep(Duration::from_millis(1200));
    frame.release().expect("whole");
    assert_eq!(source.stats().evicted, 0);
}

#[test]
fn pressure_takes_the_oldest_lease() {
    let _guard = shared();
    let key = key("pressure");
    let builder = publisher(&key)
        .slots(2)
        .policy(Policy::DropOldest)
        .max_leases(2);
    let builder = builder.pressure_timeout(Duration::from_millis(100));
    let mut source = builder.build().expect("publisher");
    let mut greedy = strict(&key, "greedy").connect().expect("reader");
    send_many(&mut source, 2);
    let frames = [next(&mut greedy), next(&mut greedy)];
    let seq = send(&mut source);
    assert_eq!(seq, 3, "dropped frames use no sequence");
    let stats = source.stats();
    assert!(stats.dropped > 0);
    assert_eq!((stats.evicted, stats.published), (1, 3));
    for frame in frames {
        let error = frame.release().expect_err("evicted");
        assert_eq!(error.code(), ErrorCode::Evicted);
    }
}

#[test]
fn a_frame_with_other_memory_is_no_drop() {
    let _guard = shared();
    let key = key("other-memory");
    let mut source = publisher(&key).slots(2).build().expect("publisher");
    let first = source.acquire_or_else().expect("asked");
    let second = source.acquire_or_else().expect("asked");
    assert!(first.is_some() && second.is_some());
    assert!(source.acquire_or_else().expect("asked").is_none());
    assert_eq!(source.stats().dropped, 0);
    // Who has no other memory loses a frame.
    assert!(source.acquire().expect("asked").is_none());
    assert_eq!(source.stats().dropped, 1);
    drop(first);
    assert!(source.acquire_or_else().expect("asked").is_some());
}

#[test]
fn a_strict_reader_is_waited_for_before_other_memory_is_used() {
    let _guard = shared();
    let key = key("other-memory-strict");
    let mut source = publisher(&key)
        .slots(2)
        .policy(Policy::StrictWait)
        .strict_timeout(WATCHDOG)
        .build()
        .expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send_many(&mut source, 2);
    std::thread::scope(|scope| {
        let slot = scope.spawn(|| source.acquire_or_else().expect("asked").is_some());
        drop(next(&mut reader));
        assert!(slot.join().expect("no panic"));
    });
    assert_eq!(source.stats().dropped, 0);
}
