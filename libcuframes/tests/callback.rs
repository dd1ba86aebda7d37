//! Subscribers that call back on a thread of their own.

mod common;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};

use common::{Notes, WATCHDOG, is_whole, key, publisher, send, send_many, shared, strict, until};
use cuframes::subscriber::CallbackSubscriber;
use cuframes::{ErrorCode, Policy, Publisher};

const GO_ON: ControlFlow<()> = ControlFlow::Continue(());

fn patient(key: &str) -> Publisher {
    let builder = publisher(key).policy(Policy::StrictWait);
    builder.strict_timeout(WATCHDOG).build().expect("publisher")
}

#[test]
fn it_calls_with_every_frame_and_then_with_the_end() {
    let _guard = shared();
    let key = key("calls");
    let mut source = patient(&key);
    let calls = Arc::new(Notes::default());
    let noted = Arc::clone(&calls);
    let running = strict(&key, "caller").run(move |frame| {
        noted.add(frame.map_err(|error| error.code()).map(|frame| {
            assert!(is_whole(&frame));
            frame.seq()
        }));
        GO_ON
    });
    let running = running.expect("runs");
    source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
    send_many(&mut source, 100);
    source.finish().expect("finish");
    running.wait();
    let mut expected: Vec<_> = (1..=100).map(Ok).collect();
    expected.push(Err(ErrorCode::EndOfStream));
    assert_eq!(calls.all(), expected);
}

#[test]
fn it_ends_when_the_callback_breaks() {
    let _guard = shared();
    let key = key("breaks");
    let mut source = patient(&key);
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let running =
        strict(&key, "caller").run(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
            4 => ControlFlow::Break(()),
            _ => GO_ON,
        });
    let running = running.expect("runs");
    source.wait_subscribers(1, Some(WATCHDOG)).expect("it");
    send_many(&mut source, 20);
    until("it is over", || running.is_finished());
    assert_eq!(calls.load(Ordering::Relaxed), 5);
    until("and gone", || source.stats().subscribers.is_empty());
}

#[test]
fn a_panic_in_the_callback_ends_only_its_subscription() {
    let _guard = shared();
    let key = key("panics");
    let mut source = patient(&key);
    let mut honest = strict(&key, "honest").connect().expect("reader");
    let calls = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&calls);
    let running = strict(&key, "caller").run(move |frame| {
        counted.fetch_add(1, Ordering::Relaxed);
        let seq = frame.expect("a frame").seq();
        assert!(seq < 3, "this callback panics on purpose");
        GO_ON
    });
    let running = running.expect("runs");
    source.wait_subscribers(2, Some(WATCHDOG)).expect("both");
    for number in 1..=20 {
        send(&mut source);
        assert_eq!(common::next(&mut honest).seq(), number);
    }
    running.wait();
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    until("it is gone", || source.stats().subscribers.len() == 1);
    let stats = source.stats();
    assert_eq!(
        (stats.evicted, stats.dropped),
        (0, 0),
        "its frame was given back"
    );
}

#[test]
fn stop_returns_after_the_last_call() {
    let _guard = shared();
    let key = key("stops");
    let mut source = patient(&key);
    let inside = Arc::new(Barrier::new(2));
    let calls = Arc::new(AtomicU64::new(0));
    let over = Arc::new(AtomicBool::new(false));
    let (meeting, counted, said) = (Arc::clone(&inside), Arc::clone(&calls), Arc::clone(&over));
    let running = strict(&key, "caller").run(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        meeting.wait();
        said.store(true, Ordering::Relaxed);
        GO_ON
    });
    let running = running.expect("runs");
    send(&mut source);
    until("it calls", || calls.load(Ordering::Relaxed) == 1);
    send(&mut source);
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| running.stop());
        inside.wait();
        // The second frame may or may not still be told, depending on who was first.
        until("it stops or calls again", || {
            stopping.is_finished() || calls.load(Ordering::Relaxed) == 2
        });
        if calls.load(Ordering::Relaxed) == 2 {
            inside.wait();
        }
    });
    assert!(over.load(Ordering::Relaxed));
    let after = calls.load(Ordering::Relaxed);
    until("it is gone", || source.stats().subscribers.is_empty());
    send(&mut source);
    assert_eq!(calls.load(Ordering::Relaxed), after, "no call after stop");
}

#[test]
fn stop_without_frames_returns_at_once() {
    let _guard = shared();
    let key = key("idle");
    let source = patient(&key);
    let running = strict(&key, "caller").run(|_| panic!("nothing is published"));
    running.expect("runs").stop();
    until("it is gone", || source.stats().subscribers.is_empty());
    drop(strict(&key, "caller").run(|_| panic!("nothing is published")));
    until("it is gone", || source.stats().subscribers.is_empty());
}

#[test]
fn stop_while_the_publisher_is_away_returns_at_once() {
    let _guard = shared();
    let key = key("away");
    let source = patient(&key);
    let gone = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&gone);
    let builder = strict(&key, "caller").connect_timeout(None);
    let builder = builder.on_event(move |_| told.store(true, Ordering::Relaxed));
    let running = builder
        .run(|_| panic!("nothing is published"))
        .expect("runs");
    drop(source);
    until("it knows", || gone.load(Ordering::Relaxed));
    let stopping = std::thread::spawn(|| running.stop());
    until("it stops", || stopping.is_finished());
}

#[test]
fn stop_from_inside_makes_this_call_the_last() {
    let _guard = shared();
    let key = key("inside");
    let mut source = patient(&key);
    let handle: Arc<Mutex<Option<CallbackSubscriber>>> = Arc::default();
    let (own, calls) = (Arc::clone(&handle), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&calls);
    let running = strict(&key, "caller").run(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) == 2 {
            let running = own.lock().expect("handle").take();
            running.expect("it was put there").stop();
        }
        GO_ON
    });
    *handle.lock().expect("handle") = Some(running.expect("runs"));
    send_many(&mut source, 5);
    until("it is gone", || source.stats().subscribers.is_empty());
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    assert!(handle.lock().expect("handle").is_none());
}

#[test]
fn nothing_to_subscribe_to_is_told_at_once() {
    let _guard = shared();
    let at_once =
        strict(&key("nothing"), "caller").connect_timeout(Some(std::time::Duration::ZERO));
    let error = at_once.run(|_| GO_ON).expect_err("nobody publishes");
    assert_eq!(error.code(), ErrorCode::NotFound);
}
