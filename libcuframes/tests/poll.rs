//! The descriptor of a subscriber in an event loop: it misses nothing, and does not spin.

mod common;

use std::time::Duration;

use common::{
    WATCHDOG, alone, fd_count, is_whole, key, publisher, send, send_many, shared, strict,
};
use cuframes::{Error, ErrorCode, Format, Mode, Policy, Subscriber};
use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};

/// True if the descriptor became readable within `limit`.
fn is_readable(reader: &mut Subscriber, limit: Duration) -> bool {
    let fd = reader.poll_fd().expect("a descriptor");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let limit = Timespec {
        tv_sec: limit.as_secs() as i64,
        tv_nsec: limit.subsec_nanos().into(),
    };
    poll(&mut fds, Some(&limit)).expect("poll") == 1
}

/// What one turn of an event loop brings: frames until there are none, then why.
fn turn(reader: &mut Subscriber) -> (Vec<u64>, Error) {
    assert!(is_readable(reader, WATCHDOG), "hang: never readable");
    let mut seqs = Vec::new();
    loop {
        match reader.next(Some(Duration::ZERO)) {
            Ok(frame) => {
                assert!(is_whole(&frame));
                seqs.push(frame.seq());
            }
            Err(error) => return (seqs, error),
        }
    }
}

#[test]
fn a_loop_misses_nothing_and_does_not_spin() {
    const FRAMES: u64 = 3000;
    let _guard = shared();
    let key = key("loop");
    let builder = publisher(&key).policy(Policy::StrictWait).slots(4);
    let mut source = builder.strict_timeout(WATCHDOG).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let (mut seqs, mut turns) = (Vec::new(), 0);
            loop {
                turns += 1;
                let (more, why) = turn(&mut reader);
                seqs.extend(more);
                match why {
                    Error::WouldBlock => {}
                    Error::EndOfStream { .. } => return (seqs, turns, reader.stats()),
                    error => panic!("{error}"),
                }
            }
        });
        for burst in (0..FRAMES).map(|number| number % 7) {
            send(&mut source);
            // Sometimes it finds nothing, sometimes much.
            (0..burst * 300).for_each(|_| std::hint::spin_loop());
        }
        source.finish().expect("finish");
        let (seqs, turns, stats) = reading.join().expect("reader");
        assert!(seqs.iter().copied().eq(1..=FRAMES), "{} frames", seqs.len());
        assert_eq!((stats.received, stats.missed), (FRAMES, 0));
        // A byte may come late for a frame that is already taken; more than that is spinning.
        assert!(
            turns <= 2 * FRAMES + 10,
            "{turns} turns for {FRAMES} frames"
        );
    });
}

#[test]
fn nothing_new_is_not_readable() {
    let _guard = shared();
    let key = key("quiet");
    let mut source = publisher(&key).build().expect("publisher");
    for mode in [Mode::StrictOrder, Mode::NewestOnly] {
        let mut reader = strict(&key, "reader").mode(mode).connect().expect("reader");
        let soon = Duration::from_millis(100);
        for _ in 0..3 {
            send_many(&mut source, 3);
            // The first time the descriptor is made after the frames.
            let (seqs, why) = turn(&mut reader);
            assert_eq!(seqs.last(), Some(&source.stats().published), "{mode:?}");
            assert_eq!(why.code(), ErrorCode::WouldBlock);
            assert!(!is_readable(&mut reader, soon), "{mode:?}: nothing is new");
        }
    }
}

#[test]
fn frames_before_the_descriptor_are_not_forgotten() {
    let _guard = shared();
    let key = key("before");
    let mut source = publisher(&key).build().expect("publisher");
    let mut reader = strict(&key, "reader").connect().expect("reader");
    send_many(&mut source, 2);
    // The rule is: poll, then next until WouldBlock. Whoever polls first must be told.
    assert!(is_readable(&mut reader, WATCHDOG), "two frames are there");
    assert_eq!(turn(&mut reader).0, [1, 2]);
}

#[test]
fn the_descriptor_stays_through_everything() {
    let _guard = shared();
    let key = key("stays");
    let mut source = publisher(&key).build().expect("publisher");
    let mut reader = strict(&key, "reader")
        .connect_timeout(None)
        .connect()
        .expect("reader");
    use std::os::fd::AsRawFd;
    let fd = reader.poll_fd().expect("a descriptor").as_raw_fd();
    // An event loop with a registration that is made once.
    let set = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll");
    let data = epoll::EventData::new_u64(7);
    epoll::add(
        &set,
        reader.poll_fd().expect("fd"),
        data,
        epoll::EventFlags::IN,
    )
    .expect("add");
    let mut wait_for = |seq: u64| {
        let mut events = Vec::with_capacity(4);
        for _ in 0..1000 {
            let limit = Timespec {
                tv_sec: 10,
                tv_nsec: 0,
            };
            events.clear();
            let ready = rustix::buffer::spare_capacity(&mut events);
            assert_eq!(
                epoll::wait(&set, ready, Some(&limit)).expect("wait"),
                1,
                "hang"
            );
            let (mut seqs, mut why) = (Vec::new(), None);
            while why.is_none() {
                match reader.next(Some(Duration::ZERO)) {
                    Ok(frame) => seqs.push(frame.seq()),
                    Err(error) => why = Some(error.code()),
                }
            }
            assert_eq!(why, Some(ErrorCode::WouldBlock));
            if seqs == [seq] {
                return;
            }
            assert_eq!(seqs, [], "only frame {seq} is there");
        }
        panic!("a thousand wake-ups and no frame: it spins");
    };
    send(&mut source);
    wait_for(1);
    source.reconfigure(Format::R8, 8, 8).expect("reconfigure");
    send(&mut source);
    wait_for(2);
    for _ in 0..3 {
        drop(source);
        source = publisher(&key).build().expect("another");
        send(&mut source);
        wait_for(1);
        source.reconfigure(Format::R8, 9, 9).expect("reconfigure");
        send(&mut source);
        wait_for(2);
    }
    assert_eq!(reader.poll_fd().expect("fd").as_raw_fd(), fd);
    assert_eq!(reader.stats().reattached, 3);
}

#[test]
fn an_absent_publisher_does_not_make_it_spin() {
    let _guard = shared();
    let key = key("absent");
    let source = publisher(&key).build().expect("publisher");
    let mut reader = strict(&key, "reader")
        .connect_timeout(None)
        .connect()
        .expect("reader");
    assert_eq!(
        reader
            .next(Some(Duration::ZERO))
            .expect_err("nothing")
            .code(),
        ErrorCode::WouldBlock
    );
    reader.poll_fd().expect("fd");
    drop(source);
    let started = std::time::Instant::now();
    let mut turns = 0;
    while started.elapsed() < Duration::from_millis(500) {
        let (seqs, why) = turn(&mut reader);
        assert_eq!((seqs.len(), why.code()), (0, ErrorCode::WouldBlock));
        turns += 1;
    }
    // It is asked to look for a publisher now and then, not without end.
    assert!(turns <= 100, "{turns} turns in half a second");
}

#[test]
fn joining_over_and_over_leaves_nothing_open() {
    let _guard = alone();
    let key = key("joins");
    let mut source = publisher(&key).build().expect("publisher");
    send(&mut source);
    let before = fd_count();
    for round in 0..1000 {
        let name = format!("reader{round}");
        let mut reader = strict(&key, &name).connect().expect("reader");
        if round % 2 == 0 {
            assert!(is_readable(&mut reader, WATCHDOG));
        }
        assert_eq!(common::next(&mut reader).seq(), 1);
    }
    common::until("everyone is gone", || source.stats().subscribers.is_empty());
    common::until("nothing is open", || fd_count() <= before);
    assert_eq!(source.stats().evicted, 0);
}
