//! The packet segment of a publisher: made once, and kept over every reconfiguration.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use zerocopy::{FromZeros, IntoBytes};

use crate::error::Result;
use crate::ring::packets::{PacketShape, newest_key};
use crate::sys::{self, Fd, WriteMap};
use crate::wire::packets::{
    CODEC, EXTRADATA_SIZE, PACKET_FUTEX, PACKET_MAGIC, PACKET_VERSION, PUBLISHER_PID, STATE,
};
use crate::wire::{PacketGeometry, PacketGrant, PacketHeader, StreamState, packet_request, page};

use super::control::write_words;
use super::epoch::{Epoch, random_epoch};
use super::segment::{Segment, SegmentRequest};

/// The packets of a publisher, as all its threads see them.
#[derive(Debug)]
pub struct PacketSegment {
    /// The segment.
    pub map: Arc<WriteMap>,
    geometry: PacketGeometry,
    reader: Fd,
    file: Segment,
}

impl PacketSegment {
    /// Makes the segment, empty. The caller has the key's lock.
    pub fn create(
        key: &str,
        (slot_count, data_size): (u32, u64),
        anonymous: bool,
        mode: u32,
    ) -> Result<Self> {
        let geometry = PacketGeometry {
            slot_count,
            data_size,
            epoch: random_epoch()?,
            publisher_start: sys::boot_time_of_self(),
            publisher_pid: std::process::id(),
        };
        let size = geometry.segment_size().unwrap_or(u64::MAX);
        let request = SegmentRequest {
            key,
            name: &segment_name(key),
            what: "packet segment",
            epoch: geometry.epoch,
            size: usize::try_from(size).unwrap_or(usize::MAX),
            anonymous,
            mode,
            pid_at: PUBLISHER_PID,
            fill: &|map| fill(map, &geometry),
        };
        let (segment, map, reader) = Segment::create(&request, None)?;
        Ok(PacketSegment {
            map: Arc::new(map),
            geometry,
            reader,
            file: segment,
        })
    }

    /// What the ring's algorithms need to know of it.
    pub fn shape(&self) -> PacketShape {
        PacketShape::from(&self.geometry)
    }

    /// The read-only descriptor that peers get.
    pub fn reader(&self) -> &Fd {
        &self.reader
    }

    /// What HELLO_RESP says of the ring to who asked with `flags`; `None` to who wants no
    /// packets.
    pub fn grant(&self, flags: u32) -> Option<PacketGrant> {
        if flags & packet_request::WANT_PACKETS == 0 {
            return None;
        }
        let initial_seq = match flags & packet_request::FROM_KEYFRAME {
            0 => 0,
            _ => newest_key(&*self.map, &self.shape()),
        };
        Some(PacketGrant {
            flags,
            codec: self.map.load_u32(CODEC, Ordering::Relaxed),
            initial_seq,
            slot_count: self.geometry.slot_count,
            extradata_size: self.map.load_u32(EXTRADATA_SIZE, Ordering::Relaxed),
            data_size: self.geometry.data_size,
            epoch: self.geometry.epoch,
        })
    }

    /// Wakes those readers whom `waiting`, the or-ed words of all pages of `epoch`, tells of.
    pub fn wake(&self, epoch: &Epoch, waiting: u32) {
        if waiting & page::WAITING_THREADS != 0 {
            self.wake_sleepers();
        }
        if waiting & page::WAITING_NOTIFY != 0 {
            epoch.poke_those(page::PACKET_WAITING);
        }
    }

    /// Lets every sleeper look at what has changed beside the packets.
    pub fn shake(&self) {
        // Release: a sleeper that sees the new value looks again and finds what changed.
        self.map.add_u32(PACKET_FUTEX, 1, Ordering::Release);
        self.wake_sleepers();
    }

    fn wake_sleepers(&self) {
        // It cannot fail on a word of our own map.
        let _ = sys::futex_wake_all(&self.map, PACKET_FUTEX);
    }

    /// Removes the name, if it is still ours, and gives up the lock.
    pub fn remove(&self) {
        self.file.remove();
    }
}

/// Everything but the magic, then the magic.
fn fill(map: &WriteMap, geometry: &PacketGeometry) {
    let header = PacketHeader {
        version: PACKET_VERSION,
        slot_count: geometry.slot_count,
        data_size: geometry.data_size,
        epoch: geometry.epoch,
        publisher_start: geometry.publisher_start,
        publisher_pid: geometry.publisher_pid,
        ..PacketHeader::new_zeroed()
    };
    write_words(map, 0, header.as_bytes());
    map.store_u32(STATE, StreamState::Live as u32, Ordering::Relaxed);
    // Release: who sees the magic sees the header.
    map.store_u32(0, PACKET_MAGIC, Ordering::Release);
}

/// The name of the packet segment of `key` in /dev/shm.
fn segment_name(key: &str) -> String {
    format!("cuframes-{key}-packets")
}

/// Removes what publishers of `key` that were killed left of packets: the segment itself, and
/// what has a temporary name still. The caller has the key's lock.
pub fn remove_leftovers(key: &str) {
    let name = segment_name(key);
    sys::remove_leftovers(&format!("{key}-packets"));
    // A new one takes its place; without packets nobody does. Somebody else's does not stand in
    // our way.
    let _ = sys::remove_dead(&sys::segment_path(&name), false);
}
