//! Publishing encoded packets beside the frames.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::packets::{Codec, PacketFlags, PacketMeta, PacketRing};
use crate::ring::packets::{self as ring, PacketWriter, Refused};
use crate::session::{Epoch, PacketSegment};
use crate::sys::{self, WriteMap};
use crate::wire::NO_PTS;
use crate::wire::packets::MAX_EXTRADATA;

use super::stats::PacketStats;
use super::{Publisher, Settings};

/// The packet ring of a publisher, seen by the thread that publishes.
#[derive(Debug)]
pub(super) struct Packets {
    pub segment: Arc<PacketSegment>,
    writer: PacketWriter<Arc<WriteMap>>,
    largest: u64,
    last_dts: Option<i64>,
    pub stats: PacketStats,
}

impl Packets {
    /// Makes a ring. The caller has the key's lock.
    pub fn make(ring: &PacketRing, key: &str, settings: &Settings) -> Result<Self> {
        let (anonymous, mode) = (settings.anonymous, settings.segment_mode);
        let segment = Arc::new(PacketSegment::create(key, ring.size()?, anonymous, mode)?);
        let shape = segment.shape();
        let largest = ring.largest.unwrap_or(u64::MAX).min(shape.bytes / 4);
        Ok(Packets {
            writer: PacketWriter::new(Arc::clone(&segment.map), shape, largest),
            segment,
            largest,
            last_dts: None,
            stats: PacketStats::default(),
        })
    }

    /// Makes a packet visible and wakes who waits for it.
    fn publish(&mut self, epoch: &Epoch, data: &[u8], meta: &PacketMeta) -> Option<u64> {
        let mut flags = meta.flags;
        // Passed on as it is: a reader's muxer or decoder has to know.
        flags.set(
            PacketFlags::DISCONTINUITY,
            flags.contains(PacketFlags::DISCONTINUITY)
                || self
                    .last_dts
                    .zip(meta.dts)
                    .is_some_and(|(last, dts)| dts < last),
        );
        let told = ring::PacketMeta {
            flags: flags.bits(),
            pts_ns: meta.pts.unwrap_or(NO_PTS),
            dts_ns: meta.dts.unwrap_or(NO_PTS),
            duration_ns: meta.duration.max(0),
            publish_ns: sys::monotonic_ns(),
            stream_index: meta.stream_index,
        };
        let seq = self.writer.publish(&told, data).ok()?;
        let waiting = self.writer.announce(|| epoch.ring.packet_sleepers());
        if waiting != 0 {
            self.segment.wake(epoch, waiting);
        }
        self.last_dts = meta.dts.or(self.last_dts);
        self.stats.published = seq;
        self.stats.bytes += data.len() as u64;
        self.stats.keys += u64::from(flags.contains(PacketFlags::KEY));
        Some(seq)
    }

    /// Ends the stream of packets: every reader reads to the last one, then gets END_OF_STREAM.
    pub fn finish(&self) {
        self.writer.close();
        self.segment.shake();
    }
}

impl Publisher {
    /// Publishes packets too from now on, through a ring of this size, as
    /// [`PublisherBuilder::enable_packets`](super::PublisherBuilder::enable_packets) does from the
    /// start. Everyone joins again, with the same geometry, and whoever joins from now on may ask
    /// for packets. A publisher that has packets already is
    /// [`InvalidArgument`](Error::InvalidArgument).
    pub fn enable_packets(&mut self, ring: PacketRing) -> Result<()> {
        if self.packets.is_some() {
            let key = &self.shared.key;
            let what = format!("key '{key}' has a packet ring already, which stays as it is");
            return Err(Error::InvalidArgument(what));
        }
        let packets = Packets::make(&ring, &self.shared.key, &self.settings)?;
        self.packets = Some(packets);
        self.settings.has_packets = true;
        let begun = self.begin_epoch(*self.layout());
        if begun.is_err() {
            // The old epoch stays, and nobody was told of packets.
            self.packets = None;
            self.settings.has_packets = false;
        }
        begun
    }

    #[doc(alias = "set_codec_extradata")]
    /// Sets the codec of the packets and its extradata, at most 4032 bytes. They take effect with
    /// the next key packet, so that no packet is ever read with those of another.
    pub fn set_codec_params(&mut self, codec: Codec, extradata: &[u8]) -> Result<()> {
        let packets = self
            .packets
            .as_mut()
            .ok_or_else(|| no_ring(&self.shared.key))?;
        match packets.writer.set_params(codec.fourcc(), extradata) {
            Ok(()) => Ok(()),
            Err(Refused::ExtradataSize | Refused::PacketSize) => {
                Err(Error::InvalidArgument(format!(
                    "{} bytes of extradata for key '{}'; there is room for {MAX_EXTRADATA}",
                    extradata.len(),
                    self.shared.key
                )))
            }
        }
    }

    /// Publishes an encoded packet and returns its sequence, which frames decoded from it may
    /// name. It is copied; nobody is waited for: who reads too slowly loses packets and goes on
    /// with a key packet.
    ///
    /// A packet of no bytes, or of more than the ring takes, is
    /// [`PacketOversized`](Error::PacketOversized). A decoding time that runs backwards is passed
    /// on, and flagged as a discontinuity.
    pub fn publish_packet(&mut self, data: &[u8], meta: &PacketMeta) -> Result<u64> {
        let packets = self
            .packets
            .as_mut()
            .ok_or_else(|| no_ring(&self.shared.key))?;
        let largest = packets.largest;
        let seq = packets.publish(&self.epoch, data, meta);
        seq.ok_or_else(|| Error::PacketOversized {
            key: self.shared.key.clone(),
            size: data.len(),
            largest,
        })
    }

    /// Bytes of the largest packet that is accepted; 0 without packets.
    pub fn largest_packet(&self) -> u64 {
        self.packets.as_ref().map_or(0, |packets| packets.largest)
    }
}

fn no_ring(key: &str) -> Error {
    Error::NoPacketRing {
        key: key.to_owned(),
    }
}
