//! The test subscribes; the library publishes.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;

use cuframes::wire::{CONTROL_SIZE, PAGE_SIZE};
use rustix::fs::{OFlags, SealFlags, fcntl_get_seals, fcntl_getfl};
use rustix::net::sockopt::socket_type;

use crate::case::{Case, Step};
use crate::common::raw::Raw;
use crate::compare::Fields;
use crate::stage::{POOL, Stage};

/// Where a page says which index and name it is for.
const PAGE_INDEX: u64 = 8;
/// Where a packet segment says which start of its publisher it belongs to.
const PACKET_EPOCH: u64 = 0x40;
/// Bytes of a packet segment of 8 slots and 4096 bytes.
const PACKETS: u64 = 0x1040 + 8 * 64 + 4096;

/// Says what the subscriber of `case` says, and hears what it hears. Returns what was different.
pub fn replay(fields: &Fields, case: &Case) -> Vec<String> {
    let mut stage = Stage::set(case);
    let raw = stage.connect();
    let (mut found, mut index) = (Vec::new(), 0);
    for (number, step) in case.steps.iter().enumerate() {
        let differences = match step.by_publisher {
            true => hear(fields, &mut stage, &raw, step, &mut index),
            false => {
                let live = [("index", index)];
                raw.say_bytes(&fields.with(step, &live).bytes);
                Vec::new()
            }
        };
        found.extend(differences.iter().map(|what| format!("{number}: {what}")));
    }
    if case.live.is_some() && index != 0 {
        stage.wait_live(1);
    }
    drop(raw);
    stage.clear();
    found
}

/// Hears one message. Its `index` is what the subscriber is called from then on.
fn hear(
    fields: &Fields,
    stage: &mut Stage,
    raw: &Raw,
    step: &Step,
    index: &mut u64,
) -> Vec<String> {
    stage.provoke(step);
    let (bytes, fds) = match (raw.hear_bytes(), step.is_end()) {
        (None, true) => return Vec::new(),
        (None, false) => return vec![format!("{} did not come", step.name)],
        (Some((bytes, _)), true) => return vec![format!("{bytes:?} in place of the end")],
        (Some(heard), false) => heard,
    };
    if step.kind == "hello_resp" && bytes.len() == step.bytes.len() {
        // The publisher chooses: some number for a subscriber, the same one as before, none for an observer.
        let is_observer = fields.get(step, &step.bytes, "index") == 0;
        let chosen = fields.get(step, &bytes, "index");
        let may_be = match *index {
            0 => (1..256).contains(&chosen) != is_observer,
            before => chosen == before,
        };
        if !may_be {
            return vec![format!("{}.index", step.name)];
        }
        *index = chosen;
    }
    let mut live = vec![
        ("epoch", stage.epoch()),
        ("latest_seq", stage.latest_seq),
        ("index", *index),
    ];
    if step.varies.iter().any(|field| field == "packet_epoch") && bytes.len() == step.bytes.len() {
        // The publisher's choice, but some number; the segment that comes along has the same.
        let chosen = fields.get(step, &bytes, "packet_epoch");
        live.extend((chosen != 0).then_some(("packet_epoch", chosen)));
    }
    let mut found = fields.differences(&fields.with(step, &live), &bytes);
    let packet_epoch = live.last().map_or(0, |&(_, value)| value);
    found.extend(check_fds(step, fds, *index, packet_epoch));
    found
}

/// Counts the descriptors and looks at the kind, the size, the seals and the mode of each.
fn check_fds(step: &Step, fds: Vec<OwnedFd>, index: u64, packet_epoch: u64) -> Vec<String> {
    if fds.len() != step.fds.len() {
        return vec![format!("{} descriptors with {}", fds.len(), step.name)];
    }
    let named = step.fds.iter().zip(fds);
    let wrong = named.filter(|(name, fd)| !is_as_named(name, fd, index, packet_epoch));
    wrong
        .map(|(name, _)| format!("descriptor {name}"))
        .collect()
}

/// CONTROL and PACKETS are files with a name, read-only and unsealed. PAGE and POOL are memfds whose size is
/// sealed: nobody can have the other side die of a SIGBUS. Only the page is for both to write.
fn is_as_named(name: &str, fd: &OwnedFd, index: u64, packet_epoch: u64) -> bool {
    let (at_least, mode, is_sealed) = match name {
        "CONTROL" => (CONTROL_SIZE as u64, OFlags::RDONLY, false),
        "PAGE" => (PAGE_SIZE as u64, OFlags::RDWR, true),
        "POOL" => (POOL, OFlags::RDONLY, true),
        "PACKETS" => (PACKETS, OFlags::RDONLY, false),
        // One end of a pair of sockets.
        "NOTIFY" => return socket_type(fd).is_ok(),
        other => panic!("no descriptor is called {other}"),
    };
    let file = File::from(fd.try_clone().expect("a copy"));
    let metadata = file.metadata().expect("a file");
    let seals = SealFlags::SHRINK | SealFlags::GROW;
    let is_memory = metadata.is_file()
        && metadata.len() >= at_least
        && fcntl_getfl(fd).expect("flags") & OFlags::RWMODE == mode
        && fcntl_get_seals(fd).is_ok_and(|found| found.contains(seals)) == is_sealed;
    let is_ours = match name {
        "PAGE" => word(&file, PAGE_INDEX) as u32 == index as u32,
        "PACKETS" => word(&file, PACKET_EPOCH) == packet_epoch,
        _ => true,
    };
    is_memory && is_ours
}

fn word(file: &File, at: u64) -> u64 {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, at).expect("a word");
    u64::from_le_bytes(bytes)
}
