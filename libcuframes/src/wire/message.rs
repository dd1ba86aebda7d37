//! Framing on the control socket: an 8-byte header, then the payload of its type.

use super::{
    Attached, Close, Detach, ErrorMessage, HelloRequest, HelloResponse, MAX_FDS, MAX_PAYLOAD,
    MESSAGE_HEADER_SIZE, Reconfigure, SubscriberSlot, WireError, parse_stats,
};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// Header flag: who does not know the type skips the message.
pub const OPTIONAL: u16 = 1;
/// Header flag: another message of the same answer follows.
pub const MORE: u16 = 2;

/// The header as it lies on the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct MessageHeader {
    /// Number of a [`MessageType`].
    pub kind: u16,
    /// 1 OPTIONAL, 2 MORE; others are ignored.
    pub flags: u16,
    /// Bytes of payload behind the header, at most 4096.
    pub length: u32,
}

layout!(MessageHeader, MESSAGE_HEADER_SIZE, { kind: 0x00, flags: 0x02, length: 0x04 });

/// The messages of the control socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum MessageType {
    /// Subscriber to publisher: who I am and what I can.
    HelloRequest = 1,
    /// Publisher to subscriber: what is granted, with descriptors.
    HelloResponse = 2,
    /// Subscriber to publisher: everything is mapped.
    Attached = 3,
    /// Subscriber to publisher: everything is closed.
    Detach = 4,
    /// Empty request to the publisher, and its answer in rows.
    Stats = 5,
    /// Publisher to subscriber: there is a newer epoch.
    Reconfigure = 6,
    /// Either way: why the sender closes.
    Error = 7,
    /// Publisher to subscriber: why no more frames come.
    Close = 8,
}

impl MessageType {
    /// The type of a header's number.
    #[must_use]
    pub const fn from_u16(number: u16) -> Option<MessageType> {
        match number {
            1 => Some(MessageType::HelloRequest),
            2 => Some(MessageType::HelloResponse),
            3 => Some(MessageType::Attached),
            4 => Some(MessageType::Detach),
            5 => Some(MessageType::Stats),
            6 => Some(MessageType::Reconfigure),
            7 => Some(MessageType::Error),
            8 => Some(MessageType::Close),
            _ => None,
        }
    }

    /// The name as the protocol spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            MessageType::HelloRequest => "HELLO_REQ",
            MessageType::HelloResponse => "HELLO_RESP",
            MessageType::Attached => "ATTACHED",
            MessageType::Detach => "DETACH",
            MessageType::Stats => "STATS",
            MessageType::Reconfigure => "RECONFIGURE",
            MessageType::Error => "ERROR",
            MessageType::Close => "CLOSE",
        }
    }

    /// Whether a payload of this length can be one of this type, and the rule in words.
    fn length_rule(self, length: usize) -> (bool, &'static str) {
        match self {
            MessageType::HelloRequest => (length == 128, "128"),
            MessageType::HelloResponse => (length == 192, "192"),
            MessageType::Attached => (length == 8, "8"),
            MessageType::Detach | MessageType::Close => (length == 4, "4"),
            MessageType::Reconfigure => (length == 8, "8"),
            MessageType::Stats => (length == 0 || length >= 8, "0, or 8 and its rows"),
            MessageType::Error => (length >= 4, "4 or more"),
        }
    }

    /// Checks the number of descriptors that came with the header: only HELLO_RESP may
    /// have any, and how many is then said by its `fd_mask`.
    pub fn check_fds(self, count: usize) -> Result<(), WireError> {
        let most = if self == MessageType::HelloResponse {
            MAX_FDS
        } else {
            0
        };
        if count > most {
            return Err(WireError::FdCount {
                what: self.name(),
                expected: most,
                actual: count,
            });
        }
        Ok(())
    }
}

/// A checked header: what to do with the payload that follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Incoming {
    /// The type, `None` for an unknown one that is to be read and forgotten.
    pub kind: Option<MessageType>,
    /// Whether another message of the same answer follows.
    pub more: bool,
    /// Bytes of payload, at most 4096 and possible for the type.
    pub length: usize,
}

impl Incoming {
    /// Checks the number of descriptors that came with the header.
    pub fn check_fds(&self, count: usize) -> Result<(), WireError> {
        match self.kind {
            Some(kind) => kind.check_fds(count),
            None if count == 0 => Ok(()),
            None => Err(WireError::FdCount {
                what: "a message of unknown type",
                expected: 0,
                actual: count,
            }),
        }
    }
}

impl MessageHeader {
    /// Reads and checks a header before any of its payload is read.
    ///
    /// ```
    /// use cuframes::wire::{MessageHeader, MessageType};
    /// let close = MessageHeader::parse(&[8, 0, 0, 0, 4, 0, 0, 0])?;
    /// assert_eq!((close.kind, close.length), (Some(MessageType::Close), 4));
    /// # Ok::<(), cuframes::wire::WireError>(())
    /// ```
    pub fn parse(bytes: &[u8; MESSAGE_HEADER_SIZE]) -> Result<Incoming, WireError> {
        let header: MessageHeader = zerocopy::transmute!(*bytes);
        if header.length as usize > MAX_PAYLOAD {
            return Err(WireError::PayloadTooLong {
                kind: header.kind,
                length: header.length,
            });
        }
        let length = header.length as usize;
        let kind = MessageType::from_u16(header.kind);
        match kind {
            Some(known) => {
                let (fits, expected) = known.length_rule(length);
                if !fits {
                    let actual = header.length.into();
                    return Err(WireError::Length {
                        what: known.name(),
                        expected,
                        actual,
                    });
                }
            }
            None if header.flags & OPTIONAL == 0 => {
                return Err(WireError::UnknownType { kind: header.kind });
            }
            None => {}
        }
        Ok(Incoming {
            kind,
            more: header.flags & MORE != 0,
            length,
        })
    }
}

/// A message taken apart; its fields are those of the wire, not yet validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// See [`HelloRequest`].
    HelloRequest(HelloRequest),
    /// See [`HelloResponse`].
    HelloResponse(HelloResponse),
    /// See [`Attached`].
    Attached(Attached),
    /// See [`Detach`].
    Detach(Detach),
    /// The empty STATS of a subscriber.
    StatsRequest,
    /// The rows of one STATS message of the publisher.
    Stats(Vec<SubscriberSlot>),
    /// See [`Reconfigure`].
    Reconfigure(Reconfigure),
    /// See [`ErrorMessage`].
    Error(ErrorMessage),
    /// See [`Close`].
    Close(Close),
}

impl Message {
    /// Takes the payload of a known type apart.
    pub fn decode(kind: MessageType, payload: &[u8]) -> Result<Message, WireError> {
        Ok(match kind {
            MessageType::HelloRequest => Message::HelloRequest(HelloRequest::parse(payload)?),
            MessageType::HelloResponse => Message::HelloResponse(HelloResponse::parse(payload)?),
            MessageType::Attached => Message::Attached(Attached::parse(payload)?),
            MessageType::Detach => Message::Detach(Detach::parse(payload)?),
            MessageType::Stats if payload.is_empty() => Message::StatsRequest,
            MessageType::Stats => Message::Stats(parse_stats(payload)?),
            MessageType::Reconfigure => Message::Reconfigure(Reconfigure::parse(payload)?),
            MessageType::Error => Message::Error(ErrorMessage::parse(payload)?),
            MessageType::Close => Message::Close(Close::parse(payload)?),
        })
    }
}

/// Header and payload in one piece, ready to be sent. The payload's length is that of
/// one of our own structs, so it always fits.
///
/// ```
/// use cuframes::wire::{Close, CloseReason, MessageType, frame_message};
/// use zerocopy::IntoBytes;
/// let close = Close { reason: CloseReason::Shutdown as u32 };
/// let bytes = frame_message(MessageType::Close, 0, close.as_bytes());
/// assert_eq!(bytes, [8, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0]);
/// ```
#[must_use]
pub fn frame_message(kind: MessageType, flags: u16, payload: &[u8]) -> Vec<u8> {
    debug_assert!(
        payload.len() <= MAX_PAYLOAD,
        "a payload of ours is longer than the limit"
    );
    let header = MessageHeader {
        kind: kind as u16,
        flags,
        length: payload.len() as u32,
    };
    let mut bytes = Vec::with_capacity(MESSAGE_HEADER_SIZE + payload.len());
    bytes.extend_from_slice(header.as_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests;
