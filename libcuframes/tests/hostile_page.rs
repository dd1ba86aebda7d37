//! A subscriber that writes nonsense into its own page: it costs that subscriber its
//! subscription, and nobody else anything.

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::raw::{Joined, Raw};
use common::{WATCHDOG, is_whole, key, next, publisher, send, send_many, shared, strict, until};
use cuframes::wire::{Close, ErrorCode, Message, MessageType, Mode, PAGE_SIZE, page};
use cuframes::{Error, Policy};
use zerocopy::IntoBytes;

/// What the publisher says to somebody whom it sends away: CLOSE with reason 3, and the end.
fn expect_eviction(joined: &Joined) {
    match joined.raw.hear() {
        Some((Message::Close(Close { reason: 3 }), _)) => joined.raw.expect_closed(),
        other => panic!("expected CLOSE(3), got {other:?}"),
    }
}

/// Marsaglia's xorshift: the same nonsense every time.
fn scramble(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Joins under ever new names and scribbles until it is sent away, over and over.
fn scribble(key: &str, stop: &AtomicBool) -> u64 {
    let (mut state, mut evictions) = (0x9E37_79B9_7F4A_7C15, 0);
    while !stop.load(Ordering::Relaxed) {
        let mode = [Mode::NewestOnly, Mode::StrictOrder][evictions as usize % 2];
        let joined = Raw::join(key, &format!("mallory{evictions}"), mode);
        joined.raw.stream.set_nonblocking(true).expect("socket");
        let mut byte = [0];
        while rustix::net::recv(&joined.raw, &mut byte, rustix::net::RecvFlags::PEEK).is_err() {
            for _ in 0..64 {
                let offset = (scramble(&mut state) as usize % PAGE_SIZE) & !7;
                // Sparse and dense bits, small and large numbers.
                let value = scramble(&mut state) >> (scramble(&mut state) % 64);
                joined.page.write(offset, value);
            }
        }
        joined.raw.stream.set_nonblocking(false).expect("socket");
        expect_eviction(&joined);
        evictions += 1;
        // Who was sent away may still write: nobody reads that page any more.
        (0..PAGE_SIZE)
            .step_by(8)
            .for_each(|at| joined.page.write(at, u64::MAX));
    }
    evictions
}

#[test]
fn nonsense_on_a_page_harms_only_its_owner() {
    const EVICTIONS: u64 = 6;
    let _guard = shared();
    let key = key("scribble");
    let builder = publisher(&key).policy(Policy::StrictWait).slots(8);
    let mut source = builder.strict_timeout(WATCHDOG).build().expect("publisher");
    let honest = ["a", "b", "c", "d"].map(|name| strict(&key, name).connect().expect("honest"));
    source.wait_subscribers(4, Some(WATCHDOG)).expect("all");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let mallory = scope.spawn(|| scribble(&key, &stop));
        let readers = honest.map(|mut honest| {
            scope.spawn(move || {
                loop {
                    let frame = match honest.next(Some(WATCHDOG)) {
                        Ok(frame) => frame,
                        Err(Error::EndOfStream { .. }) => return honest.stats(),
                        Err(error) => panic!("an honest one got {error}"),
                    };
                    assert!(is_whole(&frame), "frame {} is torn", frame.seq());
                    frame.release().expect("not evicted");
                }
            })
        });
        while source.stats().evicted < EVICTIONS || source.stats().published < 1000 {
            send(&mut source);
        }
        stop.store(true, Ordering::Relaxed);
        // The last one is still to be sent away, which takes frames.
        while !mallory.is_finished() {
            send(&mut source);
        }
        let stats = source.stats();
        assert_eq!(stats.evicted, mallory.join().expect("mallory"));
        source.finish().expect("finish");
        for reader in readers {
            let stats_of_reader = reader.join().expect("reader");
            assert_eq!(stats_of_reader.received, stats.published);
            assert_eq!(stats_of_reader.missed, 0);
        }
    });
}

/// Joins, lets `nonsense` write, and expects to be sent away with `code` on the page.
fn evicted_for(name: &str, code: ErrorCode, nonsense: impl Fn(&Joined)) {
    let key = key(name);
    let mut source = publisher(&key).build().expect("publisher");
    let mut honest = strict(&key, "honest").connect().expect("honest");
    send_many(&mut source, 3);
    let mallory = Raw::join(&key, "mallory", Mode::NewestOnly);
    source.wait_subscribers(2, Some(WATCHDOG)).expect("both");
    nonsense(&mallory);
    expect_eviction(&mallory);
    assert_eq!(mallory.page.read_u32(page::EVICTED) as i32, code.as_i32());
    let stats = source.stats();
    assert_eq!((stats.evicted, stats.subscribers.len()), (1, 1));
    // It may not come back at once; others may, and the honest one goes on.
    let again = Raw::connect(&key);
    let hello = common::raw::hello("mallory", Mode::NewestOnly);
    again.say(MessageType::HelloRequest, hello.as_bytes());
    let (refusal, text) = again.expect_refusal();
    assert_eq!(refusal, ErrorCode::Evicted, "{text}");
    let _other = Raw::join(&key, "other", Mode::NewestOnly);
    source
        .wait_subscribers(2, Some(WATCHDOG))
        .expect("the other");
    for number in 1..=3 {
        assert_eq!(next(&mut honest).seq(), number);
    }
    send(&mut source);
    assert_eq!(next(&mut honest).seq(), 4);
}

#[test]
fn who_has_consumed_the_future_is_sent_away() {
    let _guard = shared();
    let nonsense = |joined: &Joined| joined.page.write(page::CONSUMED_SEQ, 4);
    evicted_for("future", ErrorCode::Protocol, nonsense);
}

#[test]
fn who_has_consumed_less_than_before_is_sent_away() {
    let _guard = shared();
    let key = key("past");
    let mut source = publisher(&key).build().expect("publisher");
    send_many(&mut source, 3);
    let mallory = Raw::join(&key, "mallory", Mode::NewestOnly);
    mallory.page.write(page::CONSUMED_SEQ, 2);
    let told = || {
        source
            .stats()
            .subscribers
            .first()
            .map(|row| row.consumed_seq)
    };
    until("it is seen", || told() == Some(2));
    // The control thread looks at pages twice a second; nobody asks it to here.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(source.stats().evicted, 0, "2 of 3 makes sense");
    mallory.page.write(page::CONSUMED_SEQ, 1);
    expect_eviction(&mallory);
    assert_eq!(source.stats().evicted, 1);
}

#[test]
fn who_holds_everything_is_sent_away() {
    let _guard = shared();
    let nonsense = |joined: &Joined| joined.page.write(page::HELD_MASK, u32::MAX.into());
    evicted_for("everything", ErrorCode::Evicted, nonsense);
}

#[test]
fn bits_that_are_no_slot_are_ignored() {
    let _guard = shared();
    let key = key("bits");
    let mut source = publisher(&key).slots(2).build().expect("publisher");
    let mallory = Raw::join(&key, "mallory", Mode::NewestOnly);
    mallory.page.write(page::HELD_MASK, 0xFFFF_FFFC);
    send_many(&mut source, 100);
    assert_eq!(source.stats().dropped, 0, "no slot is held");
}

#[test]
fn holding_one_slot_is_no_crime() {
    let _guard = shared();
    let key = key("one");
    let mut source = publisher(&key).slots(4).build().expect("publisher");
    let mallory = Raw::join(&key, "mallory", Mode::NewestOnly);
    send_many(&mut source, 4);
    mallory.page.write(page::HELD_MASK, 1);
    send_many(&mut source, 100);
    let stats = source.stats();
    assert_eq!((stats.evicted, stats.dropped, stats.published), (0, 0, 104));
    assert_eq!(stats.subscribers[0].held, 1);
}
