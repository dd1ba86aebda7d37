//! Which keys there are, how they do, and what dead publishers left behind.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::StreamInfo;
use crate::packets::Codec;
use crate::session::{self, Observed};
use crate::sys::{self, KeyLock, Owner};
use crate::wire::packets;
use crate::wire::{MemoryKind, Mode, StreamState, SyncKind, Uuid, control, validate_key};

/// A key that has left a trace in a run directory.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyEntry {
    /// The key.
    pub key: String,
    /// Its run directory.
    pub run_dir: PathBuf,
    /// The process that publishes it now, as it wrote it down; `None` if nobody does.
    pub publisher: Option<u32>,
}

/// Every key in every run directory that a subscriber would look into, also those whose
/// publisher is gone. A directory that does not exist or may not be read has none.
pub fn list() -> Vec<KeyEntry> {
    let dirs = sys::subscriber_dirs();
    let found = dirs.iter().flat_map(|dir| keys_in(&dir.path));
    found.collect()
}

fn keys_in(dir: &Path) -> Vec<KeyEntry> {
    let mut keys = BTreeMap::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let stem = name
            .strip_suffix(".lock")
            .or_else(|| name.strip_suffix(".sock"));
        if let Some(key) = stem.filter(|key| validate_key(key).is_ok()) {
            // A lock that may not be read may well be held: its pid is unknown, not absent.
            let lock = dir.join(format!("{key}.lock"));
            let owner = sys::lock_owner(&lock).unwrap_or(Some(0));
            keys.insert(key.to_owned(), owner);
        }
    }
    let entry = |(key, publisher)| KeyEntry {
        key,
        run_dir: dir.to_owned(),
        publisher,
    };
    keys.into_iter().map(entry).collect()
}

/// How a live publisher does, seen without subscribing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyInfo {
    /// The process that publishes, as the kernel knows it; 0 for one of another PID namespace.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// Its library: major << 16, minor << 8, patch.
    pub lib_version: u32,
    /// Random number of its start or reconfiguration.
    pub epoch: u64,
    /// Planes, pitches and sizes.
    pub layout: FrameLayout,
    /// Slots of the ring.
    pub slots: u32,
    /// Where the pixels are.
    pub memory: MemoryKind,
    /// What tells that a frame is complete.
    pub sync: SyncKind,
    /// The GPU whose memory the pixels are in, if they are in that of one.
    pub device: Option<Uuid>,
    /// Bytes of the frame pool.
    pub pool_size: u64,
    /// What it says about its stream.
    pub stream: StreamInfo,
    /// Whether it is live, at its end, or between two geometries.
    pub state: StreamState,
    /// The newest sequence, 0 before the first frame of this epoch.
    pub latest_seq: u64,
    /// Frames dropped because no slot was free.
    pub dropped: u64,
    /// Nanoseconds since it last showed that it is there.
    pub heartbeat_age_ns: u64,
    /// Everyone who is subscribed.
    pub subscribers: Vec<KeySubscriber>,
    /// Whether there are frames; without, the layout says what the packets decode to.
    pub has_frames: bool,
    /// Packets, where there are any.
    pub packets: Option<KeyPackets>,
}

/// The packets of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyPackets {
    /// Their codec, once it is known.
    pub codec: Option<Codec>,
    /// Packets that the ring holds at most.
    pub slots: u64,
    /// Bytes of all packets that it holds.
    pub bytes: u64,
    /// The newest packet, 0 before the first.
    pub latest_seq: u64,
    /// The newest key packet, 0 before the first.
    pub latest_key: u64,
}

/// One subscriber of a key, as its publisher tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeySubscriber {
    /// Its number.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// Its process, as the publisher's kernel knows it; 0 for one of another PID namespace.
    pub pid: u32,
    /// Its user.
    pub uid: u32,
    /// What it asked for; `None` if the publisher tells something unknown.
    pub mode: Option<Mode>,
    /// Frames it holds now.
    pub held: u32,
    /// Every sequence up to this is released or skipped.
    pub consumed_seq: u64,
    /// Frames it was lent.
    pub received: u64,
    /// Frames it missed.
    pub missed: u64,
}

/// Asks the publisher of `key` how it does. Publishers of the users in `allow_uids` are
/// trusted besides those of this one and root.
pub fn info(key: &str, allow_uids: &[u32]) -> Result<KeyInfo> {
    validate_key(key)?;
    let Observed {
        geometry,
        control,
        pid,
        uid,
        subscribers,
        packets,
    } = session::observe(key, allow_uids)?;
    let word = |offset| control.load_u64(offset, Ordering::Relaxed);
    let state = StreamState::from_u32(control.load_u32(control::STATE, Ordering::Acquire))?;
    let rows = subscribers.iter().map(|row| KeySubscriber {
        index: row.index,
        name: row.display_name(),
        pid: row.pid,
        uid: row.uid,
        mode: row.display_mode(),
        held: row.held_mask.count_ones(),
        consumed_seq: row.consumed_seq,
        received: row.received,
        missed: row.missed,
    });
    Ok(KeyInfo {
        pid,
        uid,
        lib_version: geometry.lib_version,
        epoch: geometry.epoch,
        layout: FrameLayout::from_geometry(&geometry)?,
        slots: geometry.slot_count,
        memory: geometry.memory,
        sync: geometry.sync,
        device: Some(geometry.device_uuid)
            .filter(|&uuid| uuid != [0; 16])
            .map(Uuid),
        pool_size: geometry.pool_size,
        stream: StreamInfo::from(geometry.stream),
        state,
        latest_seq: word(control::LATEST_SEQ),
        dropped: word(control::DROPPED),
        heartbeat_age_ns: sys::monotonic_ns().saturating_sub(word(control::HEARTBEAT_NS)),
        subscribers: rows.collect(),
        has_frames: !geometry.is_packets_only(),
        packets: packets.map(|joined| KeyPackets {
            codec: Codec::from_fourcc(
                joined
                    .reader
                    .segment
                    .load_u32(packets::CODEC, Ordering::Relaxed),
            ),
            slots: joined.shape.slots,
            bytes: joined.shape.bytes,
            latest_seq: joined
                .reader
                .segment
                .load_u64(packets::HEAD_SEQ, Ordering::Relaxed),
            latest_key: joined
                .reader
                .segment
                .load_u64(packets::LAST_KEYFRAME_SEQ, Ordering::Relaxed),
        }),
    })
}

/// Removes sockets and segments whose publisher is dead, by the kernel's word: nobody has
/// their lock. Lock files stay. Returns what was removed, or would be with `dry_run`.
pub fn collect_garbage(dry_run: bool) -> Result<Vec<PathBuf>> {
    let mut removed = Vec::new();
    for dir in sys::subscriber_dirs() {
        for entry in keys_in(&dir.path) {
            if entry.publisher.is_none() {
                removed.extend(dead_socket(&entry, dry_run)?);
            }
        }
    }
    let failed = |what: &Path| Error::system(format!("look at {}", what.display()));
    let segments = sys::segments_of("cuframes-").map_err(failed(Path::new(sys::SEGMENT_DIR)))?;
    for path in segments {
        match sys::remove_dead(&path, dry_run) {
            Ok(true) => removed.push(path),
            Ok(false) => {}
            // Somebody else's segment is not ours to judge.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {}
            Err(error) => return Err(failed(&path)(error)),
        }
    }
    Ok(removed)
}

/// Removes the socket of a dead publisher while holding its lock, so that no new one can be
/// starting meanwhile.
fn dead_socket(entry: &KeyEntry, dry_run: bool) -> Result<Option<PathBuf>> {
    let socket = entry.run_dir.join(format!("{}.sock", entry.key));
    if !socket.exists() {
        return Ok(None);
    }
    if dry_run {
        return Ok(Some(socket));
    }
    let lock = entry.run_dir.join(format!("{}.lock", entry.key));
    let failed = || Error::system(format!("remove {}", socket.display()));
    match KeyLock::take(&lock) {
        Ok(Owner::Caller(_lock)) => {
            std::fs::remove_file(&socket).map_err(failed())?;
            Ok(Some(socket))
        }
        Ok(Owner::Other(_)) => Ok(None),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(None),
        Err(error) => Err(failed()(error)),
    }
}
