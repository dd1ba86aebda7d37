//! Arguments that make no sense are refused at once, with a sentence that says what does.

mod common;

use std::time::Duration;

use common::{key, publisher, shared, strict};
use cuframes::publisher::PublisherBuilder;
use cuframes::{Error, ErrorCode, Format, FrameMeta, Policy, Publisher, Result, Subscriber};

fn refused<T>(what: &str, outcome: Result<T>, code: ErrorCode, word: &str) {
    match outcome {
        Ok(_) => panic!("{what} was accepted"),
        Err(error) => {
            let text = error.to_string();
            assert_eq!(error.code(), code, "{what}: {text}");
            assert!(text.contains(word), "{what}: no '{word}' in: {text}");
        }
    }
}

const ARGUMENT: ErrorCode = ErrorCode::InvalidArgument;

#[test]
fn keys() {
    let _guard = shared();
    common::run_dir();
    let long = "k".repeat(64);
    let bad = [
        "",
        ".",
        "..",
        ".hidden",
        "a/b",
        "../a",
        "a b",
        "a\0",
        "ключ",
        "a\n",
        "cam-packets",
        &long,
    ];
    for key in bad {
        refused(key, publisher(key).build(), ARGUMENT, "key");
        refused(key, Subscriber::builder(key).connect(), ARGUMENT, "key");
        refused(key, cuframes::keys::info(key, &[]), ARGUMENT, "key");
    }
    let pid = std::process::id();
    let longest = format!("{pid}{}", "K".repeat(63 - pid.to_string().len()));
    let odd = format!("-{pid}._-packets.");
    for key in [longest, odd] {
        let publisher = publisher(&key).build().expect("a good key");
        assert_eq!(publisher.key(), key);
    }
}

#[test]
fn sizes_and_numbers_of_a_publisher() {
    let _guard = shared();
    let key = key("numbers");
    type Change = fn(PublisherBuilder) -> PublisherBuilder;
    let bad: [(&str, Change, &str); 20] = [
        ("0x0", |b| b.size(0, 0), "1 to 32768"),
        ("0x1", |b| b.size(0, 1), "1 to 32768"),
        ("1x0", |b| b.size(1, 0), "1 to 32768"),
        ("65536", |b| b.size(65536, 16), "65536x16"),
        ("32769", |b| b.size(16, 32769), "16x32769"),
        ("all ones", |b| b.size(u32::MAX, u32::MAX), "1 to 32768"),
        ("no slots", |b| b.slots(0), "2 to 16"),
        ("one slot", |b| b.slots(1), "2 to 16"),
        ("17 slots", |b| b.slots(17), "2 to 16"),
        ("endless slots", |b| b.slots(u32::MAX), "2 to 16"),
        ("no leases", |b| b.max_leases(0), "1 to 8"),
        ("more leases than slots", |b| b.max_leases(9), "1 to 8"),
        ("no subscribers", |b| b.max_subscribers(0), "1 to 255"),
        ("256 subscribers", |b| b.max_subscribers(256), "1 to 255"),
        ("setuid socket", |b| b.socket_mode(0o4660), "0600"),
        ("a socket nobody can use", |b| b.socket_mode(0), "0600"),
        ("a read-only socket", |b| b.socket_mode(0o460), "0600"),
        ("setgid segment", |b| b.segment_mode(0o2640), "segment_mode"),
        (
            "a sticky segment",
            |b| b.segment_mode(0o1640),
            "segment_mode",
        ),
        ("decimal for octal", |b| b.segment_mode(640), "segment_mode"),
    ];
    for (what, change, word) in bad {
        refused(what, change(publisher(&key)).build(), ARGUMENT, word);
    }
    let no_size = Publisher::builder(&key).format(Format::R8).build();
    refused("no size", no_size, ARGUMENT, "size");
    // Nothing of all that has taken the key.
    let good: [Change; 4] = [
        |b| b.size(1, 1).slots(2).max_leases(2),
        |b| b.slots(16).max_leases(16).max_subscribers(255),
        |b| b.socket_mode(0o777).segment_mode(0o600),
        |b| b.lease_timeout(Duration::MAX).strict_timeout(Duration::MAX),
    ];
    for change in good {
        drop(change(publisher(&key)).build().expect("good"));
    }
}

#[test]
fn a_size_that_a_reconfiguration_cannot_have() {
    let _guard = shared();
    let key = key("resize");
    let mut source = publisher(&key).build().expect("publisher");
    let epoch = source.epoch();
    for (width, height) in [(0, 1), (1, 0), (65536, 1), (32769, 1)] {
        let outcome = source.reconfigure(Format::Nv12, width, height);
        refused("a bad size", outcome, ARGUMENT, "1 to 32768");
    }
    assert_eq!(source.epoch(), epoch, "everything is as it was");
    assert_eq!(common::send(&mut source), 1);
}

#[test]
fn names_and_numbers_of_a_subscriber() {
    let _guard = shared();
    let key = key("subscriber");
    let _source = publisher(&key).build().expect("publisher");
    let long = "n".repeat(32);
    for name in ["", "a/b", "a b", "ü", "a\0", &long] {
        refused(name, strict(&key, name).connect(), ARGUMENT, "name");
    }
    let never = strict(&key, "x").every_nth(0).connect();
    refused("every 0th", never, ARGUMENT, "every_nth");
    for name in ["n", &long[1..], ".", "-"] {
        let subscriber = strict(&key, name).connect().expect("a good name");
        assert_eq!(subscriber.name(), name);
    }
    let default = Subscriber::builder(&key).connect().expect("a default name");
    let pid = format!("-{}", std::process::id());
    assert!(default.name().ends_with(&pid), "{}", default.name());
    assert!(
        default.name().starts_with("arguments"),
        "{}",
        default.name()
    );
}

#[test]
fn a_second_subscriber_of_the_same_name() {
    let _guard = shared();
    let key = key("twice");
    let source = publisher(&key).build().expect("publisher");
    let first = strict(&key, "same").connect().expect("the first");
    let soon = Some(Duration::from_millis(50));
    let second = strict(&key, "same").connect_timeout(soon).connect();
    refused("the second", second, ErrorCode::AlreadyExists, "same");
    // One that waits gets the name as soon as it is free.
    let waiting = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| strict(&key, "same").connect());
        drop(first);
        waiting.join().expect("thread")
    });
    assert_eq!(waiting.expect("the name is free").name(), "same");
    assert_eq!(source.stats().evicted, 0);
}

#[test]
fn nobody_publishes() {
    let _guard = shared();
    let key = key("nobody");
    let at_once = strict(&key, "x").connect_timeout(Some(Duration::ZERO));
    let run_dir = common::run_dir().to_str().expect("text").to_owned();
    refused(
        "no publisher",
        at_once.connect(),
        ErrorCode::NotFound,
        &run_dir,
    );
    let soon = strict(&key, "x").connect_timeout(Some(Duration::from_millis(30)));
    refused("no publisher", soon.connect(), ErrorCode::NotFound, &key);
    refused(
        "no publisher",
        cuframes::keys::info(&key, &[]),
        ErrorCode::NotFound,
        &key,
    );
}

#[test]
fn nobody_subscribes() {
    let _guard = shared();
    let key = key("lonely");
    let soon = Some(Duration::from_millis(30));
    let waiting = publisher(&key).wait_subscribers(1, soon).build();
    refused("no subscriber", waiting, ErrorCode::Timeout, "30 ms");
    let none = publisher(&key)
        .wait_subscribers(0, soon)
        .build()
        .expect("none is enough");
    assert!(none.wait_subscribers(1, Some(Duration::ZERO)).is_err());
}

#[test]
fn frames_of_somebody_else() {
    let _guard = shared();
    let mut one = publisher(&key("one")).build().expect("publisher");
    let mut other = publisher(&key("other"))
        .slots(2)
        .build()
        .expect("publisher");
    let foreign = one.acquire().expect("acquire").expect("a slot");
    let outcome = other.publish(foreign, &FrameMeta::default());
    refused(
        "another's frame",
        outcome,
        ErrorCode::Reconfigured,
        "geometry",
    );
    let outdated = one.acquire().expect("acquire").expect("a slot");
    one.reconfigure(Format::R8, 8, 8).expect("reconfigure");
    let outcome = one.publish(outdated, &FrameMeta::default());
    refused("an old frame", outcome, ErrorCode::Reconfigured, "geometry");
    let no_planes = one.publish_copy(&[], &FrameMeta::default());
    refused("no planes", no_planes, ARGUMENT, "planes");
    let pitch = one.publish_copy(&[(&[0; 64], 7)], &FrameMeta::default());
    refused("a short pitch", pitch, ARGUMENT, "pitch");
    let wrap = one.publish_copy(&[(&[0; 64], usize::MAX)], &FrameMeta::default());
    refused("an endless pitch", wrap, ARGUMENT, "pitch");
    // Every slot came back.
    for publisher in [&mut one, &mut other] {
        let count = 1 + publisher.stats().published;
        assert_eq!(common::send(publisher), count);
        assert_eq!(publisher.stats().dropped, 0);
    }
}

#[test]
fn the_same_key_twice_in_a_process() {
    let _guard = shared();
    let key = key("again");
    let first = publisher(&key).build().expect("the first");
    let pid = std::process::id().to_string();
    refused(
        "the second",
        publisher(&key).build(),
        ErrorCode::AlreadyExists,
        &pid,
    );
    let anonymous = publisher(&key).anonymous(true).build();
    refused(
        "an anonymous one",
        anonymous,
        ErrorCode::AlreadyExists,
        &pid,
    );
    drop(first);
    match publisher(&key).build() {
        Ok(again) => assert_eq!(again.stats().published, 0),
        Err(Error::AlreadyExists { owner, .. }) => panic!("still {owner}"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn time_outs_too_long_for_a_clock() {
    let _guard = shared();
    let key = key("endless");
    let endless = Duration::MAX;
    let builder = publisher(&key).slots(2).policy(Policy::StrictWait);
    let builder = builder.lease_timeout(endless).strict_timeout(endless);
    let mut source = builder
        .pressure_timeout(endless)
        .build()
        .expect("publisher");
    let reader = strict(&key, "reader")
        .connect_timeout(Some(endless))
        .min_interval(endless);
    let mut reader = reader.spin(endless).connect().expect("subscriber");
    // Only who is live is waited for, and ATTACHED may still be on its way.
    source
        .wait_subscribers(1, Some(common::WATCHDOG))
        .expect("a live subscriber");
    common::send_many(&mut source, 2);
    let frame = reader.next(Some(endless)).expect("a frame");
    std::thread::scope(|scope| {
        // The third frame has to wait for the first one's slot.
        let sending = scope.spawn(|| {
            let frame = source.acquire().expect("acquire").expect("a slot");
            source
                .publish(frame, &FrameMeta::default())
                .expect("publish");
            source.reconfigure(Format::R8, 8, 8).expect("reconfigure");
            source.finish().expect("finish");
        });
        drop(frame);
        refused("the end", reader.next(None), ErrorCode::EndOfStream, "end");
        sending.join().expect("the publishing thread");
    });
    assert_eq!(reader.stats().skipped, 2);
}
