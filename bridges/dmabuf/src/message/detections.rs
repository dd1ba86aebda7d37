//! Detections on their way to whoever listens.

use serde::{Deserialize, Serialize};

use super::error::{cut, not_negative};
use super::from_consumer::{check_detections, to_json};
use super::{
    Detection, ErrorInfo, MAX_PACKET, MessageError, Status, direction_within, object, read,
};

/// Bytes of the largest packet of detections: a return may say `1e15` where it is said in full here.
pub const MAX_DETECTIONS_PACKET: usize = 2 * MAX_PACKET;

/// What a consumer found in a frame, or why it did not look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DetectionMessage {
    /// Version of this message.
    pub v: u32,
    /// The stream of the frame.
    pub stream_id: String,
    /// Its number there.
    pub sequence: i64,
    /// Pixels in a row of the frame.
    pub width: u32,
    /// Rows of the frame.
    pub height: u32,
    /// When the frame was published: nanoseconds of CLOCK_REALTIME.
    pub frame_timestamp: i64,
    /// When the consumer was done with it: nanoseconds of CLOCK_REALTIME, by its own word.
    pub timestamp: i64,
    /// Nanoseconds that the model took.
    pub inference_time: i64,
    /// How it went.
    pub status: Status,
    /// The model.
    pub model_name: String,
    /// What was found.
    pub detections: Vec<Detection>,
    /// What went wrong.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "object::optional"
    )]
    pub error: Option<ErrorInfo>,
    /// Who returned the frame: what it calls itself, or its process.
    pub consumer: String,
    /// Messages that this listener should have got between the one before and this one.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub lost: u64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl DetectionMessage {
    /// The message as it is sent.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        to_json("detections", self)
    }

    fn check(&self) -> Result<(), MessageError> {
        not_negative("sequence", self.sequence)?;
        not_negative("inference_time", self.inference_time)?;
        check_detections(&self.detections)
    }
}

/// Reads detections, as a listener gets them.
pub fn parse_detections(bytes: &[u8]) -> Result<DetectionMessage, MessageError> {
    let direction = direction_within(bytes, MAX_DETECTIONS_PACKET)?;
    if direction != "detections" {
        return Err(MessageError::Direction {
            direction: cut(&direction),
            expected: "\"detections\"",
        });
    }
    let message: DetectionMessage = read(bytes)?;
    message.check()?;
    Ok(message)
}
