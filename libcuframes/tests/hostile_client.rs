//! Clients that break the protocol: each is told why and shown the door, and an honest
//! subscriber beside them misses nothing.

mod common;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use common::raw::{Raw, hello};
use common::stream::Stream;
use common::{alone, fd_count, shared, until};
use cuframes::wire::{
    Attached, ErrorCode, HelloRequest, Message, MessageType, Mode, capability, frame_message,
};
use zerocopy::{FromZeros, IntoBytes};

fn valid() -> HelloRequest {
    hello("mallory", Mode::NewestOnly)
}

fn framed(hello: HelloRequest) -> Vec<u8> {
    frame_message(MessageType::HelloRequest, 0, hello.as_bytes())
}

/// Bytes said at once, and the code of the refusal.
fn refusals() -> Vec<(&'static str, Vec<u8>, ErrorCode)> {
    let hello = |change: fn(&mut HelloRequest)| {
        let mut hello = valid();
        change(&mut hello);
        framed(hello)
    };
    let header = |kind: u16, flags: u16, length: u32| {
        let words = [kind.to_le_bytes(), flags.to_le_bytes()].concat();
        [words, length.to_le_bytes().to_vec()].concat()
    };
    let long = [header(1, 0, 129), vec![0; 129]].concat();
    let (protocol, argument) = (ErrorCode::Protocol, ErrorCode::InvalidArgument);
    let unsupported = ErrorCode::Unsupported;
    vec![
        (
            "the original's v4",
            hello(|h| h.magic = 0xCC7C_1DCE),
            protocol,
        ),
        ("no magic", hello(|h| h.magic = 0), protocol),
        ("text", b"GET / HTTP/1.1\r\n\r\n".to_vec(), protocol),
        ("all ones", vec![0xFF; 8], protocol),
        ("all zeros", vec![0; 8], protocol),
        ("oversized", header(1, 0, 4097), protocol),
        ("oversized and optional", header(99, 1, 4097), protocol),
        ("4 GiB", header(1, 0, u32::MAX), protocol),
        ("HELLO too short", header(1, 0, 127), protocol),
        ("HELLO too long", long, protocol),
        ("unknown type", header(99, 0, 0), protocol),
        ("a type of the publisher", header(2, 0, 0), protocol),
        (
            "ATTACHED first",
            frame_message(MessageType::Attached, 0, &[0; 8]),
            protocol,
        ),
        (
            "STATS first",
            frame_message(MessageType::Stats, 0, &[]),
            protocol,
        ),
        (
            "too new",
            hello(|h| (h.lowest, h.highest) = (3, 9)),
            protocol,
        ),
        ("no version", hello(|h| h.lowest = 0), protocol),
        (
            "versions upside down",
            hello(|h| (h.lowest, h.highest) = (2, 1)),
            protocol,
        ),
        ("mode 0", hello(|h| h.mode = 0), argument),
        ("mode 3", hello(|h| h.mode = 3), argument),
        ("no name", hello(|h| h.name = [0; 32]), argument),
        ("endless name", hello(|h| h.name = [b'a'; 32]), argument),
        ("slash in a name", hello(|h| h.name[0] = b'/'), argument),
        (
            "bytes behind the name",
            hello(|h| h.name[31] = b'x'),
            argument,
        ),
        (
            "no HOST",
            hello(|h| h.capabilities = capability::FD_PASSING),
            unsupported,
        ),
        (
            "no FD_PASSING",
            hello(|h| h.capabilities = capability::HOST),
            unsupported,
        ),
        (
            "only CUDA",
            hello(|h| h.capabilities = capability::CUDA_IPC | 1),
            unsupported,
        ),
        ("a device", hello(|h| h.device_uuid = [7; 16]), unsupported),
        (
            "name taken",
            framed(common::raw::hello("honest", Mode::StrictOrder)),
            ErrorCode::AlreadyExists,
        ),
    ]
}

#[test]
fn every_breach_is_answered_and_harms_nobody() {
    let _guard = shared();
    let stream = Stream::start("breaches");
    let cases = refusals();
    assert_eq!(cases.len(), 28);
    for (name, bytes, expected) in cases {
        let raw = stream.connect();
        raw.say_bytes(&bytes);
        let (code, text) = raw.expect_refusal();
        assert_eq!(code, expected, "{name}: {text}");
        assert!(text.len() > 10, "{name} is not explained: {text}");
    }
    stream.finish();
}

#[test]
fn a_message_out_of_turn_ends_the_connection() {
    let _guard = shared();
    let stream = Stream::start("turns");
    let attached = |index, capabilities| Attached {
        index,
        capabilities,
    };
    let second = |what: &str, kind: MessageType, payload: &dyn Fn(u32) -> Vec<u8>| {
        let raw = stream.connect();
        raw.say_bytes(&framed(valid()));
        let (response, fds) = raw.expect_welcome();
        assert_eq!(fds.len(), 4, "control, page, pool, notify");
        raw.say(kind, &payload(response.index));
        let (code, text) = raw.expect_refusal();
        assert_eq!(code, ErrorCode::Protocol, "{what}: {text}");
    };
    let hello = valid();
    second("HELLO twice", MessageType::HelloRequest, &|_| {
        hello.as_bytes().to_vec()
    });
    second("STATS too early", MessageType::Stats, &|_| Vec::new());
    second("another's index", MessageType::Attached, &|index| {
        attached(index + 1, 0).as_bytes().to_vec()
    });
    second("more than granted", MessageType::Attached, &|index| {
        attached(index, capability::CUDA_TIMELINE)
            .as_bytes()
            .to_vec()
    });
    let joined = Raw::join(&stream.key, "mallory", Mode::NewestOnly);
    let again = attached(joined.response.index, joined.response.capabilities);
    joined.raw.say(MessageType::Attached, again.as_bytes());
    assert_eq!(joined.raw.expect_refusal().0, ErrorCode::Protocol);
    stream.finish();
}

#[test]
fn unknown_optional_messages_are_skipped() {
    let _guard = shared();
    let stream = Stream::start("optional");
    let raw = stream.connect();
    for length in [0u32, 1, 4096] {
        raw.say_bytes(&[99, 0, 1, 0]);
        raw.say_bytes(&length.to_le_bytes());
        raw.say_bytes(&vec![0xAB; length as usize]);
    }
    raw.say_bytes(&framed(valid()));
    assert_eq!(raw.expect_welcome().1.len(), 4);
    stream.finish();
}

#[test]
fn messages_in_pieces_and_cut_off_ones() {
    let _guard = shared();
    let stream = Stream::start("pieces");
    let whole = framed(valid());
    for length in [0, 1, 7, 8, 9, 135] {
        let raw = stream.connect();
        raw.say_bytes(&whole[..length]);
    }
    let raw = stream.connect();
    whole.iter().for_each(|byte| raw.say_bytes(&[*byte]));
    raw.expect_welcome();
    stream.finish();
}

#[test]
fn who_takes_too_long_is_sent_away() {
    let _guard = shared();
    let stream = Stream::start("late");
    let whole = framed(valid());
    let silent: Vec<Raw> = [0, 3, 8, 100]
        .iter()
        .map(|&length| {
            let raw = stream.connect();
            raw.say_bytes(&whole[..length]);
            raw
        })
        .collect();
    // One that has joined has time, but not in the middle of a message.
    let joined = Raw::join(&stream.key, "mallory", Mode::NewestOnly);
    let patient = Raw::join(&stream.key, "patient", Mode::NewestOnly);
    let started = Instant::now();
    joined.raw.say_bytes(&[5]);
    for raw in silent.iter().chain([&joined.raw]) {
        assert_eq!(raw.expect_refusal().0, ErrorCode::Timeout);
    }
    assert!(
        started.elapsed() >= Duration::from_millis(1900),
        "2 s it has"
    );
    patient.raw.say(MessageType::Stats, &[]);
    match patient.raw.hear() {
        Some((Message::Stats(rows), _)) => assert_eq!(rows.len(), 2),
        other => panic!("the patient one got {other:?}"),
    }
    stream.finish();
}

#[test]
fn descriptors_where_none_belong_are_closed() {
    let _guard = alone();
    let stream = Stream::start("fds");
    let (mine, _) = std::os::unix::net::UnixStream::pair().expect("pair");
    let before = fd_count();
    let hello = framed(valid());
    let optional = [99, 0, 1, 0, 0, 0, 0, 0];
    for round in 0..50 {
        for (count, bytes) in [
            (1, hello.as_slice()),
            (8, &hello),
            (15, &hello),
            (1, &optional),
        ] {
            let raw = stream.connect();
            raw.say_with_fds(bytes, &vec![mine.as_fd(); count]);
            let (code, text) = raw.expect_refusal();
            assert_eq!(code, ErrorCode::Protocol, "round {round}: {text}");
        }
        let raw = stream.connect();
        raw.say_bytes(&hello[..20]);
        raw.say_with_fds(&hello[20..], &[mine.as_fd(); 3]);
        assert_eq!(raw.expect_refusal().0, ErrorCode::Protocol);
    }
    until("no descriptor stays behind", || fd_count() <= before);
    stream.finish();
}

#[test]
fn an_observer_takes_no_place_among_subscribers() {
    let _guard = shared();
    let stream = Stream::start("observer");
    let raw = stream.connect();
    let bits = capability::FD_PASSING | capability::HOST | capability::OBSERVER;
    let hello = HelloRequest {
        capabilities: bits,
        name: [0; 32],
        ..valid()
    };
    raw.say(MessageType::HelloRequest, hello.as_bytes());
    let (response, fds) = raw.expect_welcome();
    assert_eq!((response.index, fds.len()), (0, 2), "control and pool");
    let attached = Attached::new_zeroed();
    raw.say(MessageType::Attached, attached.as_bytes());
    raw.say(MessageType::Stats, &[]);
    match raw.hear() {
        Some((Message::Stats(rows), _)) => {
            assert_eq!(rows.len(), 1);
            assert_eq!(rows[0].display_name(), "honest");
        }
        other => panic!("the observer got {other:?}"),
    }
    stream.finish();
}
