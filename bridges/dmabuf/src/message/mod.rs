//! What engine and consumer say to each other: one JSON object a packet.
//!
//! Integers are integers of 64 bits from end to end: a time in nanoseconds has more digits than a
//! floating-point number keeps, so `1.5e18` is refused where an integer belongs.

mod detection;
mod detections;
mod error;
mod from_consumer;
mod object;
mod planes;
mod send;
mod sound;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use sound::{Envelope, Sound};

pub use detection::{Bbox, Detection, InvalidDetection};
pub use detections::{DetectionMessage, MAX_DETECTIONS_PACKET, parse_detections};
pub use error::MessageError;
pub(crate) use from_consumer::parse_complaint;
pub use from_consumer::{
    ErrorInfo, FromConsumer, Hello, MAX_DETECTIONS, Return, Status, parse_from_consumer,
    parse_in_place,
};
pub use planes::{MAX_PLANES, PlanePlace, Planes};
pub(crate) use send::{ExtrasOnWire, OnWire, parse_named};
pub use send::{Send, SendExtras, parse_send};
pub use sound::Text;

/// Bytes of the largest packet that is taken: what a socket passes on with its default buffers.
pub const MAX_PACKET: usize = 212_960;

/// The version of the extensions: what a consumer says in its hello.
pub const VERSION: u32 = 1;

/// Reads a message of `T`.
fn read<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, MessageError> {
    serde_json::from_slice(bytes).map_err(MessageError::json)
}

/// The direction of a message between engine and consumer.
fn direction(bytes: &[u8]) -> Result<Cow<'_, str>, MessageError> {
    direction_within(bytes, MAX_PACKET)
}

/// The direction of a message of at most `limit` bytes.
fn direction_within(bytes: &[u8], limit: usize) -> Result<Cow<'_, str>, MessageError> {
    check_start(bytes, limit)?;
    let Envelope { direction } = read(bytes)?;
    direction.ok_or(MessageError::NoDirection)
}

/// Checks that a message is small enough, and one object, whatever it is for.
fn check_object(bytes: &[u8], limit: usize) -> Result<(), MessageError> {
    check_start(bytes, limit)?;
    read(bytes).map(|Sound| ())
}

fn check_start(bytes: &[u8], limit: usize) -> Result<(), MessageError> {
    let size = bytes.len();
    if size > limit {
        return Err(MessageError::TooLarge { size, limit });
    }
    // An array would be taken for the members of an object, in their order.
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(()),
        _ => Err(MessageError::Malformed {
            what: "it does not begin with '{'".to_owned(),
        }),
    }
}
