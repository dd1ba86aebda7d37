//! Publishers that lie: connecting to one is an error, never a panic, a fault or a leak.

mod common;

use std::fs::File;
use std::os::fd::OwnedFd;
use std::time::Duration;

use common::server::{Offer, Server};
use common::{WATCHDOG, alone, fd_count, key, strict};
use cuframes::wire::{
    Close, CloseReason, ErrorCode, ErrorMessage, Message, MessageType, capability, fds,
    frame_message,
};
use cuframes::{Error, Result, Subscriber};
use rustix::fs::SealFlags;
use zerocopy::IntoBytes;

type Lie = (&'static str, fn(&mut Offer), ErrorCode);

fn join(server: &Server, key: &str, offer: Offer) -> Result<Subscriber> {
    std::thread::scope(|scope| {
        let says_no_more = offer.instead.is_some();
        let served = scope.spawn(move || {
            let served = server.serve(offer);
            (!says_no_more).then_some(served)
        });
        // One try: what a liar says is not tried again.
        let joined = strict(key, "victim")
            .connect_timeout(Some(Duration::ZERO))
            .connect();
        drop(served.join().expect("the liar"));
        joined
    })
}

/// Runs every case; none may leave a descriptor behind.
fn check(name: &str, lies: &[Lie]) {
    let key = key(name);
    let server = Server::listen(&key);
    join(&server, &key, Offer::honest()).expect("the honest offer is accepted");
    let before = fd_count();
    for (what, lie, expected) in lies {
        let mut offer = Offer::honest();
        lie(&mut offer);
        match join(&server, &key, offer) {
            Ok(_) => panic!("'{what}' was believed"),
            Err(error) => assert_eq!(error.code(), *expected, "{what}: {error}"),
        }
        assert_eq!(fd_count(), before, "'{what}' left descriptors behind");
    }
}

#[test]
fn lies_in_the_answer() {
    let _guard = alone();
    let protocol = ErrorCode::Protocol;
    let lies: [Lie; 19] = [
        ("magic", |o| o.response.magic = 1, protocol),
        ("version 0", |o| o.response.version = 0, protocol),
        (
            "version not asked for",
            |o| o.response.version = 2,
            protocol,
        ),
        ("index of an observer", |o| o.response.index = 0, protocol),
        ("index 256", |o| o.response.index = 256, protocol),
        ("no leases", |o| o.response.max_leases = 0, protocol),
        ("latest_seq", |o| o.response.latest_seq = u64::MAX, protocol),
        (
            "sync that host memory has not",
            |o| o.response.sync_kind = 1,
            protocol,
        ),
        (
            "memory kind 9",
            |o| o.response.memory_kind = 9,
            ErrorCode::Unsupported,
        ),
        ("GPU memory", |o| o.response.memory_kind = 2, protocol),
        (
            "capabilities",
            |o| o.response.capabilities |= capability::CUDA_VMM,
            protocol,
        ),
        (
            "no pool in the mask",
            |o| o.response.fd_mask &= !fds::POOL,
            protocol,
        ),
        (
            "no page in the mask",
            |o| o.response.fd_mask &= !fds::PAGE,
            protocol,
        ),
        (
            "packets in the mask",
            |o| o.response.fd_mask |= fds::PACKETS,
            protocol,
        ),
        (
            "bits beyond the mask",
            |o| o.response.fd_mask |= 1 << 31,
            protocol,
        ),
        ("one descriptor too many", |o| o.extra_fds = 1, protocol),
        ("nine descriptors", |o| o.extra_fds = 5, protocol),
        ("sixteen descriptors", |o| o.extra_fds = 12, protocol),
        (
            "a pool larger than the header's",
            |o| o.response.pool_size += 4096,
            protocol,
        ),
    ];
    check("answer", &lies);
}

#[test]
fn lies_in_memory() {
    let _guard = alone();
    let protocol = ErrorCode::Protocol;
    let lies: [Lie; 27] = [
        ("half a segment", |o| o.control_size = 2048, protocol),
        ("no segment", |o| o.control_size = 0, protocol),
        ("two segments", |o| o.control_size = 8192, protocol),
        ("magic", |o| o.header.magic = 0xCC7C_1DCE, protocol),
        ("another epoch", |o| o.header.epoch += 1, protocol),
        (
            "a version too low",
            |o| o.header.proto_version = 0,
            protocol,
        ),
        ("a short header", |o| o.header.header_size = 248, protocol),
        (
            "slots beyond the segment",
            |o| o.header.header_size = 3900,
            protocol,
        ),
        ("short slots", |o| o.header.slot_size = 184, protocol),
        ("long slots", |o| o.header.slot_size = u32::MAX, protocol),
        ("one slot", |o| o.header.slot_count = 1, protocol),
        ("17 slots", |o| o.header.slot_count = 17, protocol),
        ("no width", |o| o.header.width = 0, protocol),
        ("endless height", |o| o.header.height = u32::MAX, protocol),
        ("another plane", |o| o.header.plane_count = 2, protocol),
        (
            "a pitch too short",
            |o| o.header.plane_pitch[0] = 63,
            protocol,
        ),
        (
            "a pitch out of the frame",
            |o| o.header.plane_pitch[0] = 4096,
            protocol,
        ),
        (
            "a plane out of the frame",
            |o| o.header.plane_offset[0] = 193,
            protocol,
        ),
        (
            "a frame larger than the pool",
            |o| o.header.frame_size = 1 << 40,
            protocol,
        ),
        ("no format", |o| o.header.format = 0, protocol),
        (
            "a format we do not have",
            |o| o.header.format = 0x3231_5659,
            ErrorCode::Unsupported,
        ),
        ("state 9", |o| o.header.state = 9, protocol),
        (
            "a pool smaller than claimed",
            |o| o.pool_size -= 1,
            protocol,
        ),
        ("an empty pool", |o| o.pool_size = 0, protocol),
        ("a short page", |o| o.page_size = 4095, protocol),
        ("a page of another epoch", |o| o.slot.epoch = 1, protocol),
        ("a page of another index", |o| o.slot.index = 4, protocol),
    ];
    check("memory", &lies);
}

fn instead_of_pool(offer: &mut Offer, file: impl Into<OwnedFd>) {
    offer.instead_of_pool = Some(file.into());
}

#[test]
fn things_that_are_no_sealed_memory() {
    let _guard = alone();
    let lies: [Lie; 6] = [
        (
            "nothing is sealed",
            |o| o.seals = SealFlags::empty(),
            ErrorCode::Protocol,
        ),
        (
            "only growing is sealed",
            |o| o.seals = SealFlags::GROW,
            ErrorCode::Protocol,
        ),
        (
            "only shrinking is sealed",
            |o| o.seals = SealFlags::SHRINK,
            ErrorCode::Protocol,
        ),
        (
            "a device for a pool",
            |o| instead_of_pool(o, File::open("/dev/zero").expect("device")),
            ErrorCode::Protocol,
        ),
        (
            "a directory for a pool",
            |o| instead_of_pool(o, File::open("/").expect("directory")),
            ErrorCode::Protocol,
        ),
        (
            "a plain file for a pool",
            |o| {
                let own = std::env::current_exe().expect("path");
                instead_of_pool(o, File::open(own).expect("file"));
            },
            ErrorCode::Protocol,
        ),
    ];
    check("unsealed", &lies);
}

#[test]
fn other_words_than_an_answer() {
    let _guard = alone();
    fn say(offer: &mut Offer, kind: MessageType, payload: &[u8]) {
        offer.instead = Some(frame_message(kind, 0, payload));
    }
    let lies: [Lie; 8] = [
        (
            "nothing at all",
            |o| o.instead = Some(Vec::new()),
            ErrorCode::Disconnected,
        ),
        (
            "garbage",
            |o| o.instead = Some(vec![0xFF; 300]),
            ErrorCode::Protocol,
        ),
        (
            "the answer cut off",
            |o| o.instead = Some(vec![2, 0, 0, 0, 192, 0, 0, 0, 1]),
            ErrorCode::Disconnected,
        ),
        (
            "an answer too long",
            |o| o.instead = Some(vec![2, 0, 0, 0, 193, 0, 0, 0]),
            ErrorCode::Protocol,
        ),
        (
            "our own HELLO",
            |o| say(o, MessageType::HelloRequest, &[0; 128]),
            ErrorCode::Protocol,
        ),
        (
            "statistics",
            |o| say(o, MessageType::Stats, &[0, 0, 0, 0, 128, 0, 0, 0]),
            ErrorCode::Protocol,
        ),
        (
            "ERROR",
            |o| {
                say(
                    o,
                    MessageType::Error,
                    &ErrorMessage::new(ErrorCode::Permission, "go away").encode(),
                )
            },
            ErrorCode::Permission,
        ),
        (
            "CLOSE",
            |o| {
                let close = Close {
                    reason: CloseReason::Shutdown as u32,
                };
                say(o, MessageType::Close, close.as_bytes());
            },
            ErrorCode::Disconnected,
        ),
    ];
    check("words", &lies);
}

#[test]
fn a_refusal_after_the_answer_is_told_with_its_reason() {
    let _guard = alone();
    let key = key("late-refusal");
    let server = Server::listen(&key);
    let sentence = "open the ack events: cuIpcOpenEventHandle failed";
    let (mut reader, served) = std::thread::scope(|scope| {
        let served = scope.spawn(|| server.serve(Offer::honest()));
        let reader = strict(&key, "victim").connect().expect("it is granted");
        (reader, served.join().expect("the publisher"))
    });
    assert!(matches!(served.raw.hear(), Some((Message::Attached(_), _))));
    let refusal = ErrorMessage::new(ErrorCode::Cuda, sentence).encode();
    served
        .raw
        .say_bytes(&frame_message(MessageType::Error, 0, &refusal));
    // It does not come back for more of the same: nobody listens to a second HELLO.
    for _ in 0..2 {
        match reader.next(Some(WATCHDOG)) {
            Err(Error::Refused {
                code: ErrorCode::Cuda,
                sentence: told,
                ..
            }) => assert_eq!(told, sentence),
            other => panic!("expected the refusal, got {other:?}"),
        }
    }
}
