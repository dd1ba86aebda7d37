//! The test publishes; the library subscribes.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use cuframes::wire::{
    CONTROL_SIZE, ConsumerName, ControlHeader, ErrorCode, PAGE_SIZE, PacketHeader, StreamState,
    SubscriberSlot, control, packets,
};
use cuframes::{Format, FrameLayout, Mode, PacketStart, Subscriber};
use zerocopy::{FromZeros, IntoBytes};

use crate::case::{Case, Step};
use crate::common::raw::Raw;
use crate::common::server::{Server, memfd, sealed};
use crate::common::{WATCHDOG, key};
use crate::compare::Fields;
use crate::stage::{NAME, POOL};

/// Says what the publisher of `case` says, and hears what it hears. Returns what was different.
pub fn replay(fields: &Fields, case: &Case) -> Vec<String> {
    let key = key(&format!("p-{}", case.name.replace('_', "-")));
    let server = Server::listen(&key);
    let (go_on, told) = channel();
    let wanted = fields.get(&case.steps[0], &case.steps[0].bytes, "packet_flags");
    let library = subscribe(key, case, wanted, told);
    let raw = server.accept();
    let mut found = Vec::new();
    let mut segment = None;
    for (number, step) in case.steps.iter().enumerate() {
        match (step.by_publisher, step.is_end()) {
            (true, true) => raw.stream.shutdown(std::net::Shutdown::Both).expect("end"),
            (true, false) => {
                announce(segment.as_ref(), step);
                let files = descriptors(fields, step);
                let list: Vec<BorrowedFd<'_>> = files.iter().map(AsFd::as_fd).collect();
                raw.say_with_fds(&step.bytes, &list);
                segment = files.into_iter().next().map(File::from).or(segment);
            }
            (false, _) => {
                if step.name == "DETACH" {
                    go_on.send(()).expect("the library is there");
                }
                let differences = hear(fields, &raw, step);
                found.extend(differences.iter().map(|what| format!("{number}: {what}")));
            }
        }
    }
    // The library may leave; that it says DETACH then is the subject of another case.
    drop(go_on);
    let outcome = library.join().expect("no panic");
    let expected = case.error.clone();
    if outcome != expected {
        found.push(format!("outcome {outcome:?}, expected {expected:?}"));
    }
    found
}

/// The library's part: joins, reads until the end, and leaves when it is told. Returns the name of
/// the code with which joining failed.
fn subscribe(
    key: String,
    case: &Case,
    wanted: u64,
    told: Receiver<()>,
) -> JoinHandle<Option<String>> {
    let (is_ending, is_reconfigured) = (case.says("CLOSE"), case.says("RECONFIGURE"));
    std::thread::spawn(move || {
        let builder = Subscriber::builder(&key).name(NAME).mode(Mode::NewestOnly);
        let builder = match wanted {
            0 => builder,
            1 => builder.packets(PacketStart::Next),
            _ => builder.packets(PacketStart::Keyframe),
        };
        let joined = builder.connect_timeout(Some(Duration::ZERO)).connect();
        let mut subscriber = match joined {
            Ok(subscriber) => subscriber,
            Err(error) => return Some(error.code().name().to_owned()),
        };
        let first = subscriber.epoch();
        // There are no frames: a look is enough to take notice of what the publisher says.
        while is_reconfigured && subscriber.epoch() == first {
            let looked = subscriber.next(Some(Duration::from_millis(1)));
            assert_eq!(looked.expect_err("no frame").code(), ErrorCode::Timeout);
        }
        if is_ending {
            let ended = subscriber.next(Some(WATCHDOG)).expect_err("no frame");
            assert_eq!(ended.code(), ErrorCode::EndOfStream);
        }
        let _ = told.recv();
        None
    })
}

fn hear(fields: &Fields, raw: &Raw, step: &Step) -> Vec<String> {
    let Some((bytes, fds)) = raw.hear_bytes() else {
        return vec![format!("{} did not come", step.name)];
    };
    let mut expected = step.clone();
    if step.kind == "hello_req" {
        // For display only: the process that speaks.
        fields.put(&mut expected, "pid", std::process::id().into());
    }
    let mut found = fields.differences(&expected, &bytes);
    if !fds.is_empty() {
        found.push(format!("{} descriptors with {}", fds.len(), step.name));
    }
    found
}

/// Says in the control segment what a message to everybody is about, as that comes second.
fn announce(segment: Option<&File>, step: &Step) {
    let state = match step.name.as_str() {
        "CLOSE" => StreamState::Closed,
        "RECONFIGURE" => StreamState::Reconfigured,
        _ => return,
    };
    let segment = segment.expect("a segment before it");
    let state = (state as u32).to_le_bytes();
    segment
        .write_all_at(&state, control::STATE as u64)
        .expect("the segment");
}

/// What HELLO_RESP speaks of, CONTROL first, made as it says.
fn descriptors(fields: &Fields, step: &Step) -> Vec<OwnedFd> {
    let made = step.fds.iter().map(|name| match name.as_str() {
        "CONTROL" => {
            let layout = FrameLayout::new(Format::Nv12, 640, 360).expect("possible");
            let epoch = fields.get(step, &step.bytes, "epoch");
            let mut header = ControlHeader::new(&layout.host_geometry(4, POOL, epoch));
            header.latest_seq = fields.get(step, &step.bytes, "latest_seq");
            header.proto_version = fields.get(step, &step.bytes, "proto_version") as u32;
            memory(memfd(CONTROL_SIZE, header.as_bytes(), sealed()))
        }
        "PAGE" => {
            let name = ConsumerName::new(NAME).expect("valid");
            let index = fields.get(step, &step.bytes, "index") as u32;
            let epoch = fields.get(step, &step.bytes, "epoch");
            let page = SubscriberSlot::new(epoch, index, &name, 0);
            memory(memfd(PAGE_SIZE, page.as_bytes(), sealed()))
        }
        "POOL" => memory(memfd(POOL as usize, &[], sealed())),
        "PACKETS" => {
            let header = PacketHeader {
                magic: packets::PACKET_MAGIC,
                version: packets::PACKET_VERSION,
                slot_count: fields.get(step, &step.bytes, "packet_slot_count") as u32,
                data_size: fields.get(step, &step.bytes, "packet_data_size"),
                epoch: fields.get(step, &step.bytes, "packet_epoch"),
                state: StreamState::Live as u32,
                ..PacketHeader::new_zeroed()
            };
            let size = packets::SLOTS + header.slot_count as usize * packets::PACKET_SLOT_SIZE;
            let size = size + header.data_size as usize;
            memory(memfd(size, header.as_bytes(), sealed()))
        }
        "NOTIFY" => UnixStream::pair().expect("pair").0.into(),
        other => panic!("no descriptor is called {other}"),
    });
    made.collect()
}

fn memory(file: File) -> OwnedFd {
    file.into()
}
