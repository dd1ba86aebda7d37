//! Fewer frames on demand: every n-th one, or none sooner than an interval.

mod common;

use std::time::Duration;

use common::{WATCHDOG, key, publisher, send, send_many, shared, strict};
use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Error, Mode, Policy, Publisher, Subscriber, SubscriberStats};

/// A publisher that waits for everyone who may miss nothing.
fn patient(key: &str) -> Publisher {
    let builder = publisher(key).policy(Policy::StrictWait).slots(4);
    builder.strict_timeout(WATCHDOG).build().expect("publisher")
}

/// Reads to the end: (sequence, publish_ns) of what was delivered.
fn read_all(mut reader: Subscriber) -> (Vec<(u64, u64)>, SubscriberStats) {
    let mut frames = Vec::new();
    loop {
        match reader.next(Some(WATCHDOG)) {
            Ok(frame) => frames.push((frame.seq(), frame.publish_ns())),
            Err(Error::EndOfStream { .. }) => return (frames, reader.stats()),
            Err(error) => panic!("{error}"),
        }
    }
}

/// Publishes `count` frames to a reader with `option` and to one that takes all of them.
fn stream(
    name: &str,
    count: usize,
    option: impl Fn(SubscriberBuilder) -> SubscriberBuilder,
) -> [(Vec<(u64, u64)>, SubscriberStats); 2] {
    let key = key(name);
    let mut source = patient(&key);
    let some = option(strict(&key, "some")).connect().expect("reader");
    let all = strict(&key, "all").connect().expect("reader");
    source.wait_subscribers(2, Some(WATCHDOG)).expect("both");
    std::thread::scope(|scope| {
        let some = scope.spawn(|| read_all(some));
        let all = scope.spawn(|| read_all(all));
        send_many(&mut source, count);
        let stats = source.stats();
        assert_eq!((stats.published, stats.dropped), (count as u64, 0));
        source.finish().expect("finish");
        [some, all].map(|reader| reader.join().expect("reader"))
    })
}

fn assert_exact(stats: &SubscriberStats, received: usize) {
    assert_eq!((stats.received, stats.missed), (received as u64, 0));
    // Everything up to the last one delivered is accounted for.
    assert!(stats.received + stats.skipped >= stats.last_seq);
}

#[test]
fn every_nth_frame() {
    let _guard = shared();
    for n in [1, 2, 3, 5, 7, 100] {
        let [(some, stats), (all, _)] = stream(&format!("nth{n}"), 200, |b| b.every_nth(n));
        let expected: Vec<u64> = (1..=200).step_by(n as usize).collect();
        let seqs: Vec<u64> = some.iter().map(|frame| frame.0).collect();
        assert_eq!(seqs, expected, "every {n}th");
        assert_eq!(all.len(), 200);
        assert_exact(&stats, expected.len());
        let last = expected.last().copied().unwrap_or_default();
        assert_eq!(
            (stats.last_seq, stats.skipped),
            (last, last - expected.len() as u64)
        );
    }
}

#[test]
fn no_frame_sooner_than_an_interval() {
    let _guard = shared();
    for micros in [0u64, 50, 500, 5_000, 10_000_000] {
        let interval = Duration::from_micros(micros);
        let [(some, stats), (all, _)] = stream(&format!("interval{micros}"), 300, |b| {
            b.min_interval(interval)
        });
        assert_eq!(all.len(), 300);
        // The times are the publisher's own, so which frames these are is no matter of luck.
        let mut expected: Vec<(u64, u64)> = Vec::new();
        for frame in all {
            let last = expected.last().map(|last| last.1);
            if last.is_none_or(|last| frame.1 - last >= micros * 1000) {
                expected.push(frame);
            }
        }
        assert_eq!(some, expected, "{interval:?}");
        assert_exact(&stats, expected.len());
        assert_eq!(stats.received + stats.skipped, 300, "{interval:?}");
    }
}

#[test]
fn every_nth_of_the_newest() {
    let _guard = shared();
    let key = key("newest");
    let mut source = publisher(&key).build().expect("publisher");
    let builder = strict(&key, "reader").mode(Mode::NewestOnly).every_nth(3);
    let mut reader = builder.connect().expect("reader");
    let mut delivered = Vec::new();
    for _ in 0..20 {
        send(&mut source);
        match reader.next(Some(Duration::ZERO)) {
            Ok(frame) => delivered.push(frame.seq()),
            Err(Error::WouldBlock) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(delivered, [1, 4, 7, 10, 13, 16, 19]);
    let stats = reader.stats();
    assert_eq!((stats.received, stats.skipped, stats.missed), (7, 12, 0));
    send_many(&mut source, 10);
    assert_eq!(common::next(&mut reader).seq(), 30);
    let stats = reader.stats();
    // After 19 the next two were not wanted; 22 to 29 were, and newer ones were there.
    assert_eq!((stats.received, stats.skipped, stats.missed), (8, 14, 8));
}

#[test]
fn a_paced_reader_does_not_hold_up_a_patient_publisher() {
    let _guard = shared();
    let key = key("held");
    let mut source = patient(&key);
    let builder = strict(&key, "rare").every_nth(50);
    let mut reader = builder.connect().expect("reader");
    source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let seqs: Vec<u64> = read_all_of(&mut reader);
            assert_eq!(seqs, [1, 51]);
            assert_eq!(reader.stats().missed, 0);
        });
        send_many(&mut source, 100);
        assert_eq!(source.stats().dropped, 0);
        source.finish().expect("finish");
    });
}

fn read_all_of(reader: &mut Subscriber) -> Vec<u64> {
    let mut seqs = Vec::new();
    while let Ok(frame) = reader.next(Some(WATCHDOG)) {
        seqs.push(frame.seq());
    }
    seqs
}
