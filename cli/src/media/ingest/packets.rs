//! Encoded packets on their way into the ring: as the input has them.

use cuframes::{Codec, Error, PacketFlags, PacketMeta, PacketRing, Publisher};
use ffmpeg_next::Packet;
use ffmpeg_next::codec::{Id, Parameters};

use cuframes_cli::exit::Failure;
use cuframes_cli::summary::PacketTally;

use super::ffmpeg::{headers, new_headers};
use super::group::Group;
use super::slots::Slots;
use super::source::Source;
use super::timeline::PacketTimes;
use super::voice::Voice;

/// What the ring has room for.
const MAX_HEADERS: usize = 4032;

/// Publishes the packets of one input after the other.
pub struct Packets {
    voice: Voice,
    /// What the ring was told last.
    told: Option<(Codec, Vec<u8>)>,
    /// Whether packets of this input can be published at all.
    can: bool,
    /// Those before the first key packet are of no use to anybody.
    began: bool,
    /// Something is missing before the next packet.
    gap: bool,
    group: Group,
    tally: PacketTally,
}

/// The codec of `parameters`, or why its packets cannot be published.
pub fn codec(parameters: &Parameters) -> Result<Codec, String> {
    let id = parameters.id();
    let codec = match id {
        Id::H264 => Codec::H264,
        Id::HEVC => Codec::HEVC,
        Id::AV1 => Codec::AV1,
        Id::MJPEG => Codec::MJPEG,
        _ => return Err(format!("no packets of {}", id.name())),
    };
    match headers(parameters).len() {
        size if size > MAX_HEADERS => Err(format!(
            "no packets with {size} bytes of codec headers, as there is room for {MAX_HEADERS}"
        )),
        _ => Ok(codec),
    }
}

impl Packets {
    /// Publishes into a ring of this size.
    pub fn new(ring: PacketRing, voice: Voice) -> Packets {
        Packets {
            group: Group::new(ring, voice.clone()),
            voice,
            told: None,
            can: false,
            began: false,
            gap: false,
            tally: PacketTally::default(),
        }
    }

    /// What was counted.
    pub fn tally(&self) -> PacketTally {
        self.tally.clone()
    }

    /// An input begins, or begins anew.
    pub fn begin(&mut self, source: &Source, slots: &Slots) -> Result<(), Failure> {
        let parameters = source.parameters();
        // What came before does not lead up to it.
        self.gap = self.tally.published > 0;
        self.began = false;
        match codec(&parameters) {
            Ok(codec) => {
                self.can = true;
                self.set(codec, headers(&parameters), slots)
            }
            Err(reason) => {
                if std::mem::replace(&mut self.can, false) {
                    self.voice.say(&format!("from now on {reason}"));
                }
                Ok(())
            }
        }
    }

    /// Publishes a packet; its sequence, 0 if it is not published.
    pub fn publish(
        &mut self,
        packet: &Packet,
        times: PacketTimes,
        slots: &Slots,
    ) -> Result<u64, Failure> {
        let Some(data) = packet.data().filter(|data| !data.is_empty() && self.can) else {
            return Ok(0);
        };
        if let (Some(headers), Some((codec, _))) = (new_headers(packet), &self.told) {
            self.set(*codec, headers, slots)?;
        }
        self.began |= packet.is_key();
        if !self.began {
            self.tally.skipped += 1;
            return Ok(0);
        }
        let meta = PacketMeta {
            pts: times.pts,
            dts: times.dts,
            duration: times.duration,
            flags: flags(packet, self.gap),
            ..PacketMeta::default()
        };
        match with(slots, |publisher| publisher.publish_packet(data, &meta)) {
            Ok(seq) => {
                self.gap = false;
                self.tally.published += 1;
                self.tally.bytes += data.len() as u64;
                self.group.add(data.len(), packet.is_key());
                Ok(seq)
            }
            Err(Failure::Library(error @ Error::PacketOversized { .. })) => {
                if self.tally.oversized == 0 {
                    self.voice
                        .say(&format!("{error}; --packet-bytes makes it larger"));
                }
                self.tally.oversized += 1;
                self.gap = true;
                Ok(0)
            }
            Err(failure) => Err(failure),
        }
    }

    /// Tells the ring what a decoder has to know, if that is new.
    fn set(&mut self, codec: Codec, headers: Vec<u8>, slots: &Slots) -> Result<(), Failure> {
        let new = Some((codec, headers));
        if self.told == new {
            return Ok(());
        }
        if let Some((codec, headers)) = &new {
            with(slots, |publisher| {
                publisher.set_codec_params(*codec, headers)
            })?;
        }
        self.told = new;
        Ok(())
    }
}

fn with<R>(
    slots: &Slots,
    use_it: impl FnOnce(&mut Publisher) -> Result<R, Error>,
) -> Result<R, Failure> {
    match slots.with(use_it) {
        Some(done) => Ok(done?),
        None => Err(Failure::Usage("the publisher has ended".to_owned())),
    }
}

fn flags(packet: &Packet, gap: bool) -> PacketFlags {
    [
        (packet.is_key(), PacketFlags::KEY),
        (packet.is_corrupt(), PacketFlags::CORRUPT),
        (gap, PacketFlags::DISCONTINUITY),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, flag)| flag)
    .collect()
}
