//! What can be wrong with bytes that another process wrote.

use super::{ErrorCode, MAX_PAYLOAD};

/// A refusal of received or shared bytes, or of a name that would go onto the wire.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// The length of a struct or payload is not the one its type has.
    #[error(
        "{what} has {actual} bytes where the protocol has {expected}; the other side speaks another protocol"
    )]
    Length {
        /// The struct or message.
        what: &'static str,
        /// The length or lengths that are allowed.
        expected: &'static str,
        /// What was there.
        actual: u64,
    },
    /// The header announces more than any message may carry.
    #[error(
        "a message of type {kind} announces {length} bytes, the limit is {MAX_PAYLOAD}; the other side speaks another protocol"
    )]
    PayloadTooLong {
        /// The number of the message type.
        kind: u16,
        /// The length in its header.
        length: u32,
    },
    /// The first word is not ours.
    #[error(
        "{what} begins with 0x{found:08X} instead of 0x{expected:08X}; this is not a cuframes peer or segment, or one of another layout"
    )]
    Magic {
        /// The struct or message.
        what: &'static str,
        /// The word that was there.
        found: u32,
        /// The word of this protocol.
        expected: u32,
    },
    /// The lowest version is above the highest, or is 0.
    #[error(
        "HELLO_REQ offers protocol versions {lowest} to {highest}, which is no range; versions start at 1"
    )]
    VersionRange {
        /// Lowest version offered.
        lowest: u32,
        /// Highest version offered.
        highest: u32,
    },
    /// The ranges of both sides do not meet.
    #[error(
        "the peer speaks protocol versions {theirs_lowest} to {theirs_highest}, this side {ours_lowest} to {ours_highest}; update the older of the two"
    )]
    VersionMismatch {
        /// Lowest version of the peer.
        theirs_lowest: u32,
        /// Highest version of the peer.
        theirs_highest: u32,
        /// Lowest version of this side.
        ours_lowest: u32,
        /// Highest version of this side.
        ours_highest: u32,
    },
    /// A message type that this version does not know and may not skip.
    #[error("message type {kind} is unknown and not marked optional; update the older side")]
    UnknownType {
        /// The number of the message type.
        kind: u16,
    },
    /// Descriptors came where none belong, or not as many as announced.
    #[error(
        "{what} came with {actual} descriptors where {expected} belong; the connection is closed"
    )]
    FdCount {
        /// The message.
        what: &'static str,
        /// How many belong there.
        expected: usize,
        /// How many came.
        actual: usize,
    },
    /// The kernel gave away descriptors that came with a message.
    #[error(
        "descriptors that came with a message are lost: this process may have no more open (raise \
         RLIMIT_NOFILE), or more than {most} came; the connection is closed"
    )]
    FdsLost {
        /// As many as a message has at most.
        most: usize,
    },
    /// A field is outside what the protocol allows.
    #[error("{field} is {value}, the protocol allows {allowed}; the segment or message is refused")]
    Field {
        /// Struct and field.
        field: &'static str,
        /// The value found.
        value: u64,
        /// The values that are allowed.
        allowed: &'static str,
    },
    /// A plane does not lie inside its frame.
    #[error(
        "plane {plane} of the frame {problem} (offset {offset}, pitch {pitch}, frame of {frame_size} bytes); the segment is refused"
    )]
    Plane {
        /// Number of the plane, from 0.
        plane: usize,
        /// What is wrong with it.
        problem: &'static str,
        /// Its first byte in the frame.
        offset: u32,
        /// Its bytes per row.
        pitch: u32,
        /// Bytes of the frame.
        frame_size: u64,
    },
    /// A frame does not lie inside its pool.
    #[error(
        "a frame of {frame_size} bytes at offset {offset} does not lie inside the pool of {pool_size} bytes; the frame is refused"
    )]
    FrameOutsidePool {
        /// First byte of the frame in its allocation.
        offset: u64,
        /// Bytes of the frame.
        frame_size: u64,
        /// Bytes of the allocation.
        pool_size: u64,
    },
    /// Something that the protocol allows, or a later version may, but that is not known here.
    #[error("{what} 0x{value:08X} is not supported by this version; choose another or update")]
    Unsupported {
        /// What the value is of.
        what: &'static str,
        /// The value.
        value: u64,
    },
    /// A subscriber asks for frames in a way that does not exist.
    #[error("HELLO_REQ asks for mode {mode}; the modes are 1 NEWEST_ONLY and 2 STRICT_ORDER")]
    Mode {
        /// The number in the request.
        mode: u32,
    },
    /// The subscriber lacks what this publisher's memory needs.
    #[error(
        "the subscriber cannot join: {reason} (its capabilities are 0x{capabilities:X}); {remedy}"
    )]
    CannotJoin {
        /// What the publisher has that the subscriber lacks.
        reason: &'static str,
        /// What the subscriber said it can.
        capabilities: u32,
        /// What to do about it.
        remedy: &'static str,
    },
    /// The answer of the publisher gives what was not asked for.
    #[error(
        "the publisher granted {what} that was not asked for (0x{value:X}); the connection is closed"
    )]
    NotAsked {
        /// What was granted.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The subscriber page is not the one that HELLO_RESP announced.
    #[error(
        "the subscriber page is made for {what} {found}, HELLO_RESP says {expected}; the connection is closed"
    )]
    WrongPage {
        /// Epoch or index.
        what: &'static str,
        /// The value on the page.
        found: u64,
        /// The value of HELLO_RESP.
        expected: u64,
    },
    /// A key that no publisher can have.
    #[error(
        "the key {key} {problem}; a key has 1 to 63 characters of A-Z a-z 0-9 . _ -, does not start with a dot and does not end in -packets"
    )]
    Key {
        /// The key, quoted and cut to a readable length.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A consumer name that no subscriber can have.
    #[error(
        "the consumer name {name} {problem}; a name has 1 to 31 characters of A-Z a-z 0-9 . _ -"
    )]
    Name {
        /// The name, quoted and cut to a readable length.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl WireError {
    /// The code under which this refusal is told to the other side and to the C API.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            WireError::Key { .. } | WireError::Name { .. } | WireError::Mode { .. } => {
                ErrorCode::InvalidArgument
            }
            WireError::Unsupported { .. } | WireError::CannotJoin { .. } => ErrorCode::Unsupported,
            _ => ErrorCode::Protocol,
        }
    }
}
