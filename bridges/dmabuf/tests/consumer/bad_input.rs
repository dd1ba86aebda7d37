//! Engines that send what they must not: each frame is an error, and nothing is left open.

use std::fs::File;
use std::os::fd::OwnedFd;

use frame_lending::consumer::ConsumerError;
use frame_lending::message::MAX_PACKET;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::write;
use serde_json::json;

use crate::support::{Engine, frame, memfd, noise, open_named, placed, plain};

#[test]
fn every_member_is_missed_and_looked_at() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    let whole = plain(1);
    let members = whole.as_object().expect("an object");
    assert_eq!(members.len(), 7);
    for name in members.keys() {
        let wrong = [
            json!(null),
            json!(true),
            json!([]),
            json!({}),
            json!(1.5),
            json!(1e300),
            json!(u64::MAX),
        ];
        let mut messages: Vec<_> = wrong
            .into_iter()
            .map(|value| {
                let mut message = members.clone();
                message.insert(name.clone(), value);
                message
            })
            .collect();
        let mut without = members.clone();
        without.remove(name);
        messages.push(without);
        for message in messages {
            let text = serde_json::to_vec(&message).expect("JSON");
            engine.say(&text, &[memfd(&noise(12, 1))]);
            let code = match name.as_str() {
                "direction" if !message.contains_key(name) || message[name].is_null() => {
                    "direction"
                }
                _ => "malformed",
            };
            let heard = engine.hear_refusal(&mut consumer, code);
            let is_named = name != "stream_id" && name != "sequence";
            assert_eq!(heard["stream_id"] == "cam1", is_named, "{name}: {heard}");
            assert_eq!(heard["sequence"] == 1, is_named, "{name}: {heard}");
        }
    }
    engine.lend(&plain(1), &[memfd(&noise(12, 1))]);
    frame(&mut consumer);
}

#[test]
fn what_is_no_message_is_refused() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    let texts = [
        "\0".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}x".to_owned(),
        "{\"direction\":".to_owned(),
        "[".repeat(100_000),
        "{\"a\":".repeat(30_000),
        format!(
            "{{\"direction\":\"send\",\"sequence\":{}}}",
            "9".repeat(200_000)
        ),
        r#"{"direction":"send","stream_id":"cam1","stream_id":"cam1"}"#.to_owned(),
        r#"["send","cam1",1,4,2,"NV12",1]"#.to_owned(),
    ];
    for text in texts {
        engine.say(text.as_bytes(), &[memfd(&noise(12, 1))]);
        let heard = engine.hear_refusal(&mut consumer, "malformed");
        assert_eq!(
            (&heard["stream_id"], &heard["sequence"]),
            (&json!(""), &json!(0))
        );
    }
    for direction in ["hello", "detections", "SEND"] {
        let mut message = plain(1);
        message["direction"] = direction.into();
        engine.lend(&message, &[memfd(&noise(12, 1))]);
        engine.hear_refusal(&mut consumer, "direction");
    }
}

#[test]
fn a_message_that_is_too_large_is_refused() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    let connection = engine.connection.as_ref().expect("a consumer");
    connection.allow_packets(1 << 21).expect("allowed");
    engine.say(&vec![b' '; MAX_PACKET + 1], &[memfd(&noise(12, 1))]);
    engine.hear_refusal(&mut consumer, "too_large");
}

/// An engine's message breaks off, and so does its connection: once for each of its bytes.
#[test]
fn frames_that_break_off_at_each_byte_are_refused_and_closed() {
    let name = "lending-test-broken";
    let text = plain(1).to_string();
    assert!(text.len() > 100);
    let mut engine = Engine::new();
    for len in 1..text.len() {
        let mut consumer = engine.consumer(false);
        engine.say(
            &text.as_bytes()[..len],
            &[named_memfd(name, SealFlags::SHRINK)],
        );
        engine.hear_refusal(&mut consumer, "malformed");
        assert_eq!(open_named(name), 0, "byte {len}");
        engine.connection = None;
        let end = consumer.receive(None);
        assert!(matches!(end, Err(ConsumerError::Closed)), "{end:?}");
    }
}

/// A frame of an unknown format, of a stream whose name leaves no room in its message but `room`.
fn named_at_length(room: usize) -> serde_json::Value {
    let mut message = plain(7);
    message["format"] = json!("none");
    message["stream_id"] = json!("");
    let rest = message.to_string().len();
    message["stream_id"] = json!("n".repeat(MAX_PACKET - rest - room));
    message
}

#[test]
fn a_name_that_leaves_no_room_for_the_reason_is_answered() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    for (room, is_named, has_words) in [(400, true, true), (80, true, false), (0, false, true)] {
        let message = named_at_length(room);
        engine.lend(&message, &[memfd(&noise(12, 1))]);
        let heard = engine.hear_refusal(&mut consumer, "format");
        assert_eq!(heard["stream_id"] == message["stream_id"], is_named);
        assert_eq!(heard["sequence"] == 7, is_named);
        assert_eq!(heard["error"]["message"] != "", has_words, "{room}");
        assert!(engine.hears_nothing());
    }
    engine.lend(&plain(1), &[memfd(&noise(12, 1))]);
    frame(&mut consumer);
}

#[test]
fn sizes_that_no_frame_has_are_refused() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    for (name, value, code) in [
        ("width", json!(0), "format"),
        ("height", json!(0), "format"),
        ("width", json!(u32::MAX), "format"),
        ("height", json!(3), "memory"),
        ("format", json!("MJPG"), "format"),
        ("format", json!(""), "format"),
        ("sequence", json!(-1), "negative"),
    ] {
        let mut message = plain(1);
        message[name] = value;
        engine.lend(&message, &[memfd(&noise(12, 1))]);
        engine.hear_refusal(&mut consumer, code);
    }
}

fn named_memfd(name: &str, seals: SealFlags) -> OwnedFd {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let fd = memfd_create(name, flags).expect("a memfd");
    assert_eq!(write(&fd, &noise(12, 1)), Ok(12));
    fcntl_add_seals(&fd, seals).expect("sealed");
    fd
}

/// What no other test names its memory.
const REFUSED: &str = "lending-test-refused";

/// Makes what goes with a frame.
type MakeFds = fn() -> Vec<OwnedFd>;

fn memory() -> OwnedFd {
    named_memfd(REFUSED, SealFlags::SHRINK)
}

fn file(path: &str) -> OwnedFd {
    File::open(path).expect("it is there").into()
}

#[test]
fn descriptors_that_are_not_one_memory_are_refused_and_closed() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(false);
    let cases: [(&str, MakeFds); 10] = [
        ("none", Vec::new),
        ("two", || vec![memory(), memory()]),
        ("as many as are taken", || {
            (0..8).map(|_| memory()).collect()
        }),
        ("a directory", || vec![file("/")]),
        ("a device", || vec![file("/dev/zero")]),
        ("a file", || {
            vec![tempfile::tempfile().expect("a file").into()]
        }),
        ("a pipe", || vec![std::io::pipe().expect("a pipe").0.into()]),
        ("its other end", || {
            vec![std::io::pipe().expect("a pipe").1.into()]
        }),
        ("memory that can shrink", || {
            vec![named_memfd(REFUSED, SealFlags::GROW)]
        }),
        ("memory without bytes", || vec![memfd(b"")]),
    ];
    for (what, fds) in cases {
        engine.lend(&plain(1), &fds());
        let heard = engine.hear_refusal(&mut consumer, "descriptor");
        assert_eq!(heard["sequence"], 1, "{what}");
        assert_eq!(open_named(REFUSED), 0, "{what}");
    }
    engine.lend(&plain(2), &[memory()]);
    drop(frame(&mut consumer));
    // The map stays for the next frame in the same memory, and ends with the consumer.
    assert_eq!(open_named(REFUSED), 1);
    drop(consumer);
    assert_eq!(open_named(REFUSED), 0);
}

#[test]
fn descriptors_that_are_lost_are_told() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    engine.lend(&placed(1, 0), &[memfd(&noise(4096, 1))]);
    drop(frame(&mut consumer));
    engine.hear();
    // The buffer is other memory now, whatever came of it. What it was must not be taken for it.
    let name = "lending-test-lost";
    let fds: Vec<OwnedFd> = (0..9)
        .map(|_| named_memfd(name, SealFlags::SHRINK))
        .collect();
    engine.say_beyond(placed(2, 0).to_string().as_bytes(), &fds);
    drop(fds);
    let heard = engine.hear_refusal(&mut consumer, "descriptor");
    assert_eq!(heard["sequence"], 2);
    assert_eq!(open_named(name), 0);
}

#[test]
fn maps_have_a_limit_and_are_used_again() {
    let mut engine = Engine::new();
    let mut options = engine.options(false);
    options.kept_maps = 2;
    let mut consumer = frame_lending::consumer::Consumer::connect(&options).expect("connected");
    engine.accept();
    let name = "lending-test-kept";
    for sequence in 0..6 {
        engine.lend(&plain(sequence), &[named_memfd(name, SealFlags::SHRINK)]);
        drop(frame(&mut consumer));
    }
    assert_eq!(open_named(name), 2);
    let again = named_memfd(name, SealFlags::SHRINK);
    for sequence in 6..9 {
        engine.lend(&plain(sequence), std::slice::from_ref(&again));
        drop(frame(&mut consumer));
    }
    drop(again);
    assert_eq!(open_named(name), 2);
}

#[test]
fn many_numbers_for_one_memory_are_one() {
    let mut engine = Engine::new();
    let mut consumer = engine.consumer(true);
    let name = "lending-test-numbers";
    let memory = memfd_create(name, MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING);
    let memory = memory.expect("a memfd");
    assert_eq!(write(&memory, &noise(4096, 1)), Ok(4096));
    fcntl_add_seals(&memory, SealFlags::SHRINK).expect("sealed");
    for number in 0..100 {
        let mut message = placed(number, 0);
        message["buffer_id"] = number.into();
        engine.lend(&message, std::slice::from_ref(&memory));
        drop(frame(&mut consumer));
        engine.hear();
    }
    drop(memory);
    assert_eq!(open_named(name), 1);
    let mut message = placed(100, 0);
    message["buffer_id"] = 98.into();
    engine.lend(&message, &[]);
    engine.hear_refusal(&mut consumer, "unknown_buffer");
}
