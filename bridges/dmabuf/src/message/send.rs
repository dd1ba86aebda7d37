//! A frame on its way to a consumer.

use serde::{Deserialize, Serialize};

use super::error::{cut, not_negative};
use super::{MAX_PACKET, MessageError, PlanePlace, check_object, direction, object, read};

/// Bytes of a usual message.
const USUAL: usize = 512;

/// A frame that is lent. Its descriptor comes with the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The stream: the key of the publisher.
    pub stream_id: String,
    /// Number of the frame in the stream.
    pub sequence: i64,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Name of the format.
    pub format: String,
    /// When it was published: nanoseconds of CLOCK_REALTIME.
    pub timestamp: i64,
    /// What only a consumer gets that said hello.
    pub extras: Option<SendExtras>,
}

/// What a consumer gets that said hello.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SendExtras {
    /// Version of these members.
    pub v: u32,
    /// Where each plane is.
    #[serde(deserialize_with = "object::each")]
    pub planes: Vec<PlanePlace>,
    /// Bytes from the first of the frame's planes to the end of its last.
    pub size: u64,
    /// The format's DRM fourcc as a number.
    pub fourcc: u32,
    /// The DRM format modifier: 0 is linear.
    pub modifier: u64,
    /// Which memory the planes are in. Its descriptor comes with the first message that names it.
    pub buffer_id: u64,
    /// Presentation time in nanoseconds on the source's own clock.
    #[serde(default)]
    pub pts_ns: Option<i64>,
    /// The clock of `timestamp` and `deadline_ns`: "realtime".
    pub clock: String,
    /// When the frame will be reported as timed out, if it is not returned before.
    pub deadline_ns: i64,
}

/// A frame's message as it is on the wire, in the order of the documentation. Its texts and planes
/// are others', so that to write it takes no memory but that of the packet.
#[derive(Serialize)]
#[serde(tag = "direction", rename = "send")]
pub(crate) struct OnWire<'a> {
    pub stream_id: &'a str,
    pub sequence: i64,
    pub width: u32,
    pub height: u32,
    pub format: &'a str,
    pub timestamp: i64,
    #[serde(flatten)]
    pub extras: Option<ExtrasOnWire<'a>>,
}

/// [`SendExtras`] as they are on the wire.
#[derive(Serialize)]
pub(crate) struct ExtrasOnWire<'a> {
    pub v: u32,
    pub planes: &'a [PlanePlace],
    pub size: u64,
    pub fourcc: u32,
    pub modifier: u64,
    pub buffer_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pts_ns: Option<i64>,
    pub clock: &'a str,
    pub deadline_ns: i64,
}

impl OnWire<'_> {
    /// Writes the message in place of what is in `packet`.
    pub fn write(&self, packet: &mut Vec<u8>) {
        packet.clear();
        packet.reserve(USUAL);
        // Texts and numbers can always be written.
        let _ = serde_json::to_writer(packet, self);
    }
}

/// The plain members, and whether a message says that it has more.
#[derive(Deserialize)]
struct Plain {
    stream_id: String,
    sequence: i64,
    width: u32,
    height: u32,
    format: String,
    timestamp: i64,
    #[serde(default, deserialize_with = "object::never_null")]
    v: Option<u32>,
}

impl Send {
    /// The message as it is sent.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        let on_wire = OnWire {
            stream_id: &self.stream_id,
            sequence: self.sequence,
            width: self.width,
            height: self.height,
            format: &self.format,
            timestamp: self.timestamp,
            extras: self.extras.as_ref().map(SendExtras::on_wire),
        };
        on_wire.write(&mut json);
        json
    }
}

impl SendExtras {
    fn on_wire(&self) -> ExtrasOnWire<'_> {
        ExtrasOnWire {
            v: self.v,
            planes: &self.planes,
            size: self.size,
            fourcc: self.fourcc,
            modifier: self.modifier,
            buffer_id: self.buffer_id,
            pts_ns: self.pts_ns,
            clock: &self.clock,
            deadline_ns: self.deadline_ns,
        }
    }
}

/// Which frame a message is about, of which nothing else can be read.
#[derive(Deserialize)]
struct Named {
    stream_id: String,
    sequence: i64,
}

/// Stream and number of the frame that a message is about, if it says so.
pub(crate) fn parse_named(bytes: &[u8]) -> Option<(String, i64)> {
    check_object(bytes, MAX_PACKET).ok()?;
    let Named {
        stream_id,
        sequence,
    } = read(bytes).ok()?;
    (sequence >= 0).then_some((stream_id, sequence))
}

/// Reads a frame's message, as a consumer gets it.
pub fn parse_send(bytes: &[u8]) -> Result<Send, MessageError> {
    let direction = direction(bytes)?;
    if direction != "send" {
        return Err(MessageError::Direction {
            direction: cut(&direction),
            expected: "\"send\"",
        });
    }
    let plain: Plain = read(bytes)?;
    // Whoever says `v` says where the planes are. To take the frame for a plain one if that is wrong
    // would be to read other bytes.
    let extras = plain.v.map(|_| read::<SendExtras>(bytes)).transpose()?;
    Ok(Send {
        stream_id: plain.stream_id,
        sequence: not_negative("sequence", plain.sequence)?,
        width: plain.width,
        height: plain.height,
        format: plain.format,
        timestamp: plain.timestamp,
        extras,
    })
}
