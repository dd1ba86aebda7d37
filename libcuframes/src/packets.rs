//! Encoded packets beside the frames: what is said of one, and of the codec they belong to.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::wire::packets::{
    DEFAULT_PACKET_DATA, DEFAULT_PACKET_SLOTS, MAX_PACKET_SLOTS, MIN_PACKET_DATA, MIN_PACKET_SLOTS,
    codec,
};
use crate::wire::{NO_PTS, PacketSlot, packet_flag};

bitflags::bitflags! {
    /// Properties of one packet.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub struct PacketFlags: u32 {
        /// It decodes without those before it.
        const KEY = packet_flag::KEY;
        /// Known to be damaged.
        const CORRUPT = packet_flag::CORRUPT;
        /// What came before does not lead up to it: the first after a loss or a gap in the
        /// source, or one whose decoding time runs backwards.
        const DISCONTINUITY = packet_flag::DISCONTINUITY;
        /// The first one of its codec parameters.
        const NEW_EXTRADATA = packet_flag::NEW_EXTRADATA;
    }
}

/// A codec by its fourcc, which is the same for every release of every library.
///
/// ```
/// use cuframes::Codec;
/// assert_eq!("hevc".parse::<Codec>()?, Codec::HEVC);
/// assert_eq!(Codec::HEVC.to_string(), "hevc");
/// assert_eq!(Codec::H264.fourcc().to_le_bytes(), *b"H264");
/// # Ok::<(), cuframes::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Codec(u32);

impl Codec {
    /// H.264. Length-prefixed where the extradata begins with 1, else Annex B.
    pub const H264: Codec = Codec(codec::H264);
    /// H.265. Length-prefixed where the extradata begins with 1, else Annex B.
    pub const HEVC: Codec = Codec(codec::HEVC);
    /// AV1.
    pub const AV1: Codec = Codec(codec::AV01);
    /// Motion JPEG.
    pub const MJPEG: Codec = Codec(codec::MJPG);

    const NAMES: [(Codec, &str); 4] = [
        (Codec::H264, "h264"),
        (Codec::HEVC, "hevc"),
        (Codec::AV1, "av1"),
        (Codec::MJPEG, "mjpeg"),
    ];

    /// The codec of a fourcc; 0 is none. One that this library does not know is kept as it is.
    pub fn from_fourcc(fourcc: u32) -> Option<Codec> {
        Some(Codec(fourcc)).filter(|&Codec(fourcc)| fourcc != 0)
    }

    /// Its fourcc, the first letter in the lowest byte.
    pub fn fourcc(self) -> u32 {
        self.0
    }

    /// FFmpeg's name of it, if it is known here.
    pub fn name(self) -> Option<&'static str> {
        let known = Codec::NAMES.iter().find(|(codec, _)| *codec == self);
        known.map(|&(_, name)| name)
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:08x}", self.0),
        }
    }
}

impl FromStr for Codec {
    type Err = Error;

    fn from_str(name: &str) -> Result<Codec> {
        let known = Codec::NAMES.iter().find(|(_, known)| *known == name);
        known.map(|&(codec, _)| codec).ok_or_else(|| {
            Error::InvalidArgument(format!(
                "no codec is called '{name}'; h264, hevc, av1 and mjpeg are"
            ))
        })
    }
}

/// A codec and what a decoder has to know before the first packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodecParams {
    /// The codec.
    pub codec: Codec,
    /// FFmpeg's `AVCodecParameters.extradata` as it is; may be empty.
    pub extradata: Vec<u8>,
    /// Tells one set of parameters from the next of the same publisher.
    pub generation: u32,
}

/// How large a publisher's packet ring is; see
/// [`enable_packets`](crate::publisher::PublisherBuilder::enable_packets).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PacketRing {
    /// Packets that it holds at most: 8 to 4096, rounded up to a power of two. The default is 64.
    pub slots: u32,
    /// Bytes of all packets that it holds: from 4096 on, rounded up to a power of two. The
    /// default is 8 MiB.
    pub bytes: u64,
    /// Bytes of the largest packet that is accepted; a quarter of `bytes` where that is less,
    /// and where nothing is said.
    pub largest: Option<u64>,
}

impl Default for PacketRing {
    fn default() -> Self {
        PacketRing {
            slots: DEFAULT_PACKET_SLOTS,
            bytes: DEFAULT_PACKET_DATA,
            largest: None,
        }
    }
}

/// The largest ring: the bytes of a packet are told in 32 bits, and none has over a quarter.
const MAX_PACKET_DATA: u64 = 1 << 34;

impl PacketRing {
    /// Slots and bytes as the wire has them.
    pub(crate) fn size(&self) -> Result<(u32, u64)> {
        let refuse = |what: String| Err(Error::InvalidArgument(what));
        if !(1..=MAX_PACKET_SLOTS).contains(&self.slots) {
            let slots = self.slots;
            return refuse(format!("{slots} packet slots; a ring has 8 to 4096"));
        }
        if !(1..=MAX_PACKET_DATA).contains(&self.bytes) {
            let bytes = self.bytes;
            return refuse(format!(
                "{bytes} bytes of packets; a ring has 4 KiB to 16 GiB"
            ));
        }
        let slots = self.slots.next_power_of_two().max(MIN_PACKET_SLOTS);
        let bytes = self.bytes.next_power_of_two().max(MIN_PACKET_DATA);
        Ok((slots, bytes))
    }
}

/// What a publisher says about a packet.
///
/// ```
/// use cuframes::{PacketFlags, PacketMeta};
/// let meta = PacketMeta { pts: Some(0), dts: Some(0), flags: PacketFlags::KEY, ..PacketMeta::default() };
/// assert_eq!(meta.duration, 0);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketMeta {
    /// Presentation time in nanoseconds, on the clock of the frames' pts. `i64::MIN` cannot be
    /// told from none.
    pub pts: Option<i64>,
    /// Decoding time in nanoseconds on the same clock.
    pub dts: Option<i64>,
    /// Duration in nanoseconds, 0 unknown; negative ones are sent as unknown.
    pub duration: i64,
    /// Properties; NEW_EXTRADATA is set by the ring.
    pub flags: PacketFlags,
    /// Which stream of the source, 0 video.
    pub stream_index: u32,
}

/// What is known of a packet beside its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketInfo {
    /// Its sequence, which frames name that were decoded from it.
    pub seq: u64,
    /// Its bytes.
    pub size: usize,
    /// Presentation time in nanoseconds.
    pub pts: Option<i64>,
    /// Decoding time in nanoseconds.
    pub dts: Option<i64>,
    /// Duration in nanoseconds, 0 unknown.
    pub duration: i64,
    /// When it was published: CLOCK_MONOTONIC nanoseconds.
    pub publish_ns: u64,
    /// Properties.
    pub flags: PacketFlags,
    /// Which stream of the source, 0 video.
    pub stream_index: u32,
}

impl PacketInfo {
    /// True if it decodes without those before it.
    pub fn is_key(&self) -> bool {
        self.flags.contains(PacketFlags::KEY)
    }

    /// What another process said of its packet; what makes no sense is read as unknown.
    pub(crate) fn from_wire(slot: &PacketSlot) -> PacketInfo {
        PacketInfo {
            seq: slot.seq,
            size: slot.size as usize,
            pts: Some(slot.pts_ns).filter(|&pts| pts != NO_PTS),
            dts: Some(slot.dts_ns).filter(|&dts| dts != NO_PTS),
            duration: slot.duration_ns.max(0),
            publish_ns: slot.publish_ns,
            flags: PacketFlags::from_bits_truncate(slot.flags),
            stream_index: slot.stream_index,
        }
    }
}

/// Where a subscriber's packets begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketStart {
    /// With the newest key packet that is still in the ring, or else the next one.
    Keyframe,
    /// With the next key packet.
    Next,
}

/// A packet in the buffer of its subscriber.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) info: PacketInfo,
}

impl<'a> Packet<'a> {
    /// Its bytes: FFmpeg's `AVPacket.data` as it is.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// What is known of it.
    pub fn info(&self) -> &PacketInfo {
        &self.info
    }
}
