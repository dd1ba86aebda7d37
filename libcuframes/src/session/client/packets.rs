//! Mapping the packet segment.

use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::ring::packets::{PacketReader, PacketShape};
use crate::sys::{self, ReadMap, Seals};
use crate::wire::packets::EXTRADATA;
use crate::wire::{HelloGrant, PacketGrant, PacketHeader, fds};

use super::JoinRequest;
use super::handshake::Descriptors;
use super::import::{check_named, file_size, wrong_size};

/// The packets of a publisher, as a subscriber joins them.
#[derive(Debug)]
pub struct PacketsJoined {
    /// The segment, with the first packet that is read: what comes after the publisher knows
    /// that we are here is not passed over.
    pub reader: PacketReader<ReadMap>,
    /// Slots and data.
    pub shape: PacketShape,
    /// Number of the publisher's start: with the same one a reader keeps its position.
    pub epoch: u64,
}

impl JoinRequest {
    /// Maps the packet segment, where packets were asked for.
    pub(super) fn import_packets(
        &self,
        grant: &HelloGrant,
        descriptors: &mut Descriptors,
    ) -> Result<Option<PacketsJoined>> {
        if self.packets == 0 {
            return Ok(None);
        }
        let key = || self.key.clone();
        let grant = grant
            .packets
            .ok_or_else(|| Error::NoPacketRing { key: key() })?;
        map_packets(&self.key, &self.allow_uids, &grant, descriptors).map(Some)
    }
}

/// Maps the packet segment that was granted.
pub(super) fn map_packets(
    key: &str,
    allow_uids: &[u32],
    grant: &PacketGrant,
    descriptors: &mut Descriptors,
) -> Result<PacketsJoined> {
    let fd = descriptors.take(fds::PACKETS, key)?;
    if !sys::has_seals(&fd, Seals::SHRINK | Seals::GROW) {
        check_named(key, &fd, "packet segment", allow_uids)?;
    }
    let size = file_size(&fd)?;
    if size < EXTRADATA as u64 {
        return Err(wrong_size(key, "packet segment", size, EXTRADATA as u64));
    }
    let len = usize::try_from(size).unwrap_or(usize::MAX);
    let map = ReadMap::new(&fd, len).map_err(Error::system("map the packet segment"))?;
    // Acquire: who sees the magic sees the header.
    map.load_u32(0, Ordering::Acquire);
    let mut words = [0u64; EXTRADATA / 8];
    map.read_words(0, &mut words);
    let header: PacketHeader = zerocopy::transmute!(words);
    let geometry = header.validate(size)?;
    geometry.answers(grant)?;
    let shape = PacketShape::from(&geometry);
    Ok(PacketsJoined {
        reader: PacketReader::new(map, shape, grant.initial_seq),
        shape,
        epoch: geometry.epoch,
    })
}
