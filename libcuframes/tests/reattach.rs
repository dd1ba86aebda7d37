//! The publisher goes and comes back, or changes its geometry: subscribers are told, and go on.

mod common;

use std::sync::Arc;
use std::time::{Duration, Instant};

use common::actor::{self, Actor};
use common::{
    Notes, WATCHDOG, is_whole, key, next, publisher, send, send_many, shared, strict, until,
};
use cuframes::{Error, ErrorCode, Event, Format, FrameFlags, Mode, Policy, Subscriber};

/// Not a test: the children of the tests.
#[test]
fn actor() {
    actor::play();
}

/// A strict subscriber that notes what happens to it.
fn noting(key: &str, mode: Mode) -> (Subscriber, Arc<Notes<Event>>) {
    let events = Arc::new(Notes::default());
    let noted = Arc::clone(&events);
    let builder = strict(key, "reader").mode(mode);
    let builder = builder.on_event(move |event| noted.add(event.clone()));
    (builder.connect().expect("reader"), events)
}

const SHORT: Option<Duration> = Some(Duration::from_millis(50));

#[test]
fn a_publisher_that_comes_back() {
    let _guard = shared();
    for (name, mode) in [("strict", Mode::StrictOrder), ("newest", Mode::NewestOnly)] {
        let key = key(name);
        let mut first = publisher(&key).build().expect("publisher");
        let (mut reader, events) = noting(&key, mode);
        send(&mut first);
        assert!(
            !next(&mut reader)
                .flags()
                .contains(FrameFlags::DISCONTINUITY)
        );
        drop(first);
        for _ in 0..5 {
            let error = reader.next(SHORT).expect_err("it is away");
            assert_eq!(error.code(), ErrorCode::Timeout);
            let error = reader.next(Some(Duration::ZERO)).expect_err("it is away");
            assert_eq!(error.code(), ErrorCode::WouldBlock);
        }
        assert_eq!(events.all(), [Event::Disconnected]);
        let mut second = publisher(&key).size(20, 10).build().expect("another");
        send_many(&mut second, 3);
        let frame = next(&mut reader);
        assert_eq!(
            (frame.seq(), frame.layout().width),
            (3, 20),
            "the newest of its frames"
        );
        assert!(frame.flags().contains(FrameFlags::DISCONTINUITY) && is_whole(&frame));
        send(&mut second);
        assert!(
            !next(&mut reader)
                .flags()
                .contains(FrameFlags::DISCONTINUITY)
        );
        let epoch = second.epoch();
        assert_eq!(
            events.all(),
            [Event::Disconnected, Event::Reattached { epoch }]
        );
        assert_eq!(reader.epoch(), epoch);
        let stats = reader.stats();
        assert_eq!((stats.received, stats.missed, stats.reattached), (3, 0, 1));
    }
}

#[test]
fn a_connect_timeout_that_is_changed_counts_from_the_next_disconnection() {
    let _guard = shared();
    let key = key("changed");
    let publisher = publisher(&key).build().expect("publisher");
    let builder = strict(&key, "reader").connect_timeout(Some(WATCHDOG));
    let mut reader = builder.connect().expect("reader");
    reader.set_connect_timeout(Some(Duration::ZERO));
    drop(publisher);
    let started = Instant::now();
    let error = reader.next(None).expect_err("it is gone");
    assert_eq!(error.code(), ErrorCode::Disconnected);
    assert!(started.elapsed() < WATCHDOG);
}

#[test]
fn the_last_frames_come_before_the_disconnection() {
    let _guard = shared();
    let key = key("drain");
    let mut source = publisher(&key).build().expect("publisher");
    let (mut reader, events) = noting(&key, Mode::StrictOrder);
    send_many(&mut source, 7);
    // It waits for its subscribers to say good-bye, or for a second.
    let leaving = std::thread::spawn(move || drop(source));
    for number in 1..=7 {
        let frame = next(&mut reader);
        assert!(frame.seq() == number && is_whole(&frame));
    }
    let error = reader.next(SHORT).expect_err("it is away");
    assert_eq!(error.code(), ErrorCode::Timeout);
    until("it has left", || leaving.is_finished());
    assert_eq!(events.all(), [Event::Disconnected]);
}

#[test]
fn the_connect_time_out_ends_the_wait() {
    let _guard = shared();
    let key = key("over");
    let source = publisher(&key).build().expect("publisher");
    let limit = Duration::from_millis(300);
    let builder = strict(&key, "reader").connect_timeout(Some(limit));
    let mut reader = builder.connect().expect("reader");
    let started = Instant::now();
    drop(source);
    let error = reader.next(Some(WATCHDOG)).expect_err("nobody comes");
    assert_eq!(error.code(), ErrorCode::Disconnected, "{error}");
    assert!(started.elapsed() >= limit);
    let again = reader.next(Some(Duration::ZERO)).expect_err("still nobody");
    assert_eq!(again.code(), ErrorCode::Disconnected);
}

#[test]
fn without_reattaching_it_is_over_at_once() {
    let _guard = shared();
    let key = key("once");
    let source = publisher(&key).build().expect("publisher");
    let builder = strict(&key, "reader").reattach(false).connect_timeout(None);
    let mut reader = builder.connect().expect("reader");
    drop(source);
    let _again = publisher(&key).build().expect("another");
    for timeout in [None, Some(Duration::ZERO), Some(WATCHDOG)] {
        let error = reader.next(timeout).expect_err("over");
        assert_eq!(error.code(), ErrorCode::Disconnected);
    }
    assert_eq!(reader.stats().reattached, 0);
}

#[test]
fn a_killed_publisher_is_a_publisher_that_is_gone() {
    let _guard = shared();
    let key = key("killed");
    let mut first = Actor::start("publish", &key, 0, "660", "-");
    assert_eq!(first.says(), "ok");
    let (mut reader, events) = noting(&key, Mode::StrictOrder);
    let frame = next(&mut reader);
    first.kill();
    let error = reader.next(SHORT).expect_err("it is dead");
    assert_eq!(error.code(), ErrorCode::Timeout);
    until("it is seen", || {
        let _ = reader.next(Some(Duration::ZERO));
        events.all() == [Event::Disconnected]
    });
    assert!(is_whole(&frame), "what is held stays");
    let mut second = Actor::start("publish", &key, 0, "660", "-");
    assert_eq!(second.says(), "ok");
    let after = next(&mut reader);
    assert!(after.seq() == 1 && is_whole(&after) && is_whole(&frame));
    assert_eq!(events.all().len(), 2);
    second.end();
}

#[test]
fn a_change_of_geometry_is_told_once() {
    let _guard = shared();
    let key = key("resize");
    let builder = publisher(&key).policy(Policy::StrictWait);
    let mut source = builder.strict_timeout(WATCHDOG).build().expect("publisher");
    let (mut reader, events) = noting(&key, Mode::StrictOrder);
    source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
    let sizes = [(64, 48), (128, 4), (1, 1), (64, 48), (65, 49)];
    let expected: Vec<(u64, u32, bool)> = (1..=50)
        .map(|seq| {
            let (part, first) = ((seq as usize - 1) / 10, seq % 10 == 1 && seq != 1);
            (seq, sizes[part].0, first)
        })
        .collect();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut seen = Vec::new();
            loop {
                match reader.next(Some(WATCHDOG)) {
                    Ok(frame) => {
                        assert!(is_whole(&frame), "{}", frame.seq());
                        let first = frame.flags().contains(FrameFlags::DISCONTINUITY);
                        seen.push((frame.seq(), frame.layout().width, first));
                    }
                    Err(Error::EndOfStream { .. }) => return (seen, reader.stats()),
                    Err(error) => panic!("{error}"),
                }
            }
        });
        for (index, (width, height)) in sizes.into_iter().enumerate() {
            if index != 0 {
                source.reconfigure(Format::R8, width, height).expect("size");
            }
            send_many(&mut source, 10);
        }
        source.finish().expect("finish");
        let (seen, stats) = reading.join().expect("reader");
        assert_eq!(seen, expected);
        assert_eq!((stats.received, stats.missed, stats.reattached), (50, 0, 0));
    });
    let widths: Vec<u32> = events
        .all()
        .into_iter()
        .map(|event| match event {
            Event::Reconfigured { layout, .. } => layout.width,
            other => panic!("only reconfigurations: {other:?}"),
        })
        .collect();
    assert_eq!(widths, [128, 1, 64, 65]);
}

#[test]
fn a_stream_that_ends_right_after_a_change_of_geometry_is_read_to_its_end() {
    const ROUNDS: usize = 20;
    let _guard = shared();
    for (name, mode) in [("strict", Mode::StrictOrder), ("newest", Mode::NewestOnly)] {
        for round in 0..ROUNDS {
            let key = key(&format!("end-{name}-{round}"));
            let mut source = publisher(&key).build().expect("publisher");
            let (mut reader, events) = noting(&key, mode);
            send(&mut source);
            assert_eq!(next(&mut reader).seq(), 1);
            let reading = std::thread::spawn(move || {
                let last = next(&mut reader);
                let end = reader.next(Some(WATCHDOG)).expect_err("no more frames");
                (last.seq(), last.layout().width, is_whole(&last), end.code())
            });
            source.reconfigure(Format::R8, 20, 10).expect("size");
            send(&mut source);
            source.finish().expect("finish");
            let seen = reading.join().expect("reader");
            assert_eq!(
                seen,
                (2, 20, true, ErrorCode::EndOfStream),
                "{name}, round {round}"
            );
            assert!(
                matches!(events.all()[..], [Event::Reconfigured { .. }]),
                "{name}"
            );
        }
    }
}

#[test]
fn the_same_subscriber_over_many_publishers() {
    const ROUNDS: u64 = 50;
    let _guard = shared();
    let key = key("rounds");
    let mut source = publisher(&key).build().expect("publisher");
    let (mut reader, events) = noting(&key, Mode::StrictOrder);
    for _ in 0..ROUNDS {
        // It leaves when its subscribers have said good-bye, which this one does when it looks.
        let leaving = std::thread::spawn(move || drop(source));
        until("it has left", || {
            let away = reader.next(Some(Duration::ZERO)).expect_err("nothing new");
            assert_eq!(away.code(), ErrorCode::WouldBlock);
            leaving.is_finished()
        });
        source = publisher(&key).build().expect("the next one");
        send(&mut source);
        assert_eq!(next(&mut reader).seq(), 1);
    }
    assert_eq!(events.all().len() as u64, 2 * ROUNDS);
    let stats = reader.stats();
    assert_eq!(
        (stats.received, stats.missed, stats.reattached),
        (ROUNDS, 0, ROUNDS)
    );
}
