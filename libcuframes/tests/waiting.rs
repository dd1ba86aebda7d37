//! Taking frames: polling, time-outs, modes, late joins and the end of the stream.

mod common;

use std::sync::Barrier;
use std::time::{Duration, Instant};

use common::{WATCHDOG, is_whole, key, next, publisher, send, send_many, shared, strict};
use cuframes::{Error, ErrorCode, Mode, Policy, Subscriber};

#[test]
fn zero_polls_and_a_time_out_is_over() {
    let _guard = shared();
    let key = key("polls");
    let mut source = publisher(&key).build().expect("publisher");
    for mode in [Mode::StrictOrder, Mode::NewestOnly] {
        let mut reader = strict(&key, "reader").mode(mode).connect().expect("reader");
        if source.stats().published > 0 {
            next(&mut reader);
        }
        for _ in 0..100 {
            let nothing = reader.next(Some(Duration::ZERO)).expect_err("nothing");
            assert_eq!(nothing.code(), ErrorCode::WouldBlock);
        }
        let started = Instant::now();
        let nothing = reader
            .next(Some(Duration::from_millis(150)))
            .expect_err("nothing");
        assert_eq!(nothing.code(), ErrorCode::Timeout);
        assert!(started.elapsed() >= Duration::from_millis(150));
        let seq = send(&mut source);
        assert_eq!(
            reader.next(Some(Duration::ZERO)).expect("a frame").seq(),
            seq
        );
    }
}

#[test]
fn a_sleeper_is_woken_by_a_frame() {
    let _guard = shared();
    let key = key("sleeper");
    let mut source = publisher(&key).build().expect("publisher");
    for (name, spin) in [("asleep", 0), ("spinning", 1_000_000), ("both", 20)] {
        let builder = strict(&key, name).spin(Duration::from_micros(spin));
        let mut reader = builder.connect().expect("reader");
        let already = source.stats().published;
        if already > 0 {
            next(&mut reader);
        }
        let (asked, answered) = (Barrier::new(2), Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1..=50 {
                    asked.wait();
                    assert_eq!(next(&mut reader).seq(), already + number);
                    answered.wait();
                }
            });
            for _ in 0..50 {
                asked.wait();
                send(&mut source);
                answered.wait();
            }
        });
    }
}

#[test]
fn newest_only_passes_over_and_counts() {
    let _guard = shared();
    let key = key("newest");
    let mut source = publisher(&key).build().expect("publisher");
    let builder = Subscriber::builder(&key).name("newest");
    let mut reader = builder.connect().expect("newest is the default");
    let mut expected = 0;
    for burst in [1, 5, 1, 20, 2] {
        send_many(&mut source, burst);
        expected += burst as u64;
        let frame = next(&mut reader);
        assert_eq!(frame.seq(), expected);
        assert!(is_whole(&frame));
    }
    let stats = reader.stats();
    assert_eq!((stats.received, stats.missed, stats.skipped), (5, 24, 0));
    assert_eq!((stats.last_seq, stats.latest_seq), (29, 29));
    let row = source.stats().subscribers.remove(0);
    assert_eq!((row.received, row.missed, row.held), (5, 24, 0));
}

#[test]
fn strict_order_delivers_each_frame_or_counts_it() {
    let _guard = shared();
    let key = key("strict");
    let mut source = publisher(&key).slots(4).build().expect("publisher");
    let mut reader = strict(&key, "strict").connect().expect("reader");
    send_many(&mut source, 4);
    for number in 1..=4 {
        assert_eq!(next(&mut reader).seq(), number);
    }
    // Six frames into four slots: nobody is waited for, so the first two are overwritten.
    send_many(&mut source, 6);
    for number in 7..=10 {
        assert_eq!(next(&mut reader).seq(), number);
    }
    let stats = reader.stats();
    assert_eq!((stats.received, stats.missed, stats.skipped), (8, 2, 0));
}

#[test]
fn who_joins_late_begins_with_the_newest() {
    let _guard = shared();
    let key = key("late");
    let mut source = publisher(&key).build().expect("publisher");
    send_many(&mut source, 5);
    for (name, mode) in [("strict", Mode::StrictOrder), ("newest", Mode::NewestOnly)] {
        let mut reader = strict(&key, name).mode(mode).connect().expect("reader");
        let frame = next(&mut reader);
        assert_eq!(frame.seq(), source.stats().published, "{name}");
        drop(frame);
        let seq = send(&mut source);
        assert_eq!(next(&mut reader).seq(), seq);
        assert_eq!(
            (reader.stats().received, reader.stats().missed),
            (2, 0),
            "{name}"
        );
    }
}

#[test]
fn who_connects_first_waits_for_the_publisher() {
    let _guard = shared();
    let key = key("early");
    let started = Barrier::new(2);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            started.wait();
            let builder = strict(&key, "early").connect_timeout(None);
            let mut reader = builder.connect().expect("it comes");
            next(&mut reader).seq()
        });
        started.wait();
        let builder = publisher(&key).wait_subscribers(1, Some(WATCHDOG));
        let mut source = builder.build().expect("publisher");
        send(&mut source);
        assert_eq!(reader.join().expect("reader"), 1);
    });
}

#[test]
fn the_end_comes_after_the_last_frame_and_stays() {
    const FRAMES: usize = 6;
    let _guard = shared();
    let key = key("end");
    let builder = publisher(&key).policy(Policy::StrictWait);
    let mut source = builder.build().expect("publisher");
    let names = ["a", "b", "c", "d"];
    let readers = names.map(|name| strict(&key, name).connect().expect("reader"));
    let mut idle = strict(&key, "newest")
        .mode(Mode::NewestOnly)
        .connect()
        .expect("reader");
    send_many(&mut source, FRAMES);
    std::thread::scope(|scope| {
        for mut reader in readers {
            scope.spawn(move || {
                for number in 1..=FRAMES as u64 {
                    let frame = next(&mut reader);
                    assert!(frame.seq() == number && is_whole(&frame));
                }
                for timeout in [None, Some(Duration::ZERO), Some(WATCHDOG), None] {
                    match reader.next(timeout) {
                        Err(Error::EndOfStream { .. }) => {}
                        other => panic!("after the end came {other:?}"),
                    }
                }
            });
        }
        scope.spawn(move || {
            assert_eq!(next(&mut idle).seq(), FRAMES as u64);
            let end = idle.next(None).expect_err("the end");
            assert_eq!(end.code(), ErrorCode::EndOfStream);
        });
        source.finish().expect("finish");
    });
    let gone = strict(&key, "late").connect_timeout(Some(Duration::ZERO));
    let gone = gone.connect().expect_err("nobody publishes any more");
    assert_eq!(gone.code(), ErrorCode::NotFound);
}

#[test]
fn an_end_without_a_frame() {
    let _guard = shared();
    let key = key("empty");
    let source = publisher(&key).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let end = reader.next(None).expect_err("the end");
            assert_eq!(end.code(), ErrorCode::EndOfStream);
            let stats = reader.stats();
            assert_eq!((stats.received, stats.missed, stats.reattached), (0, 0, 0));
        });
        source.finish().expect("finish");
    });
}
