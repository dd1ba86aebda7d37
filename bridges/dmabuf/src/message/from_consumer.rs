//! What a consumer says: a hello, and frames that it returns.

use serde::{Deserialize, Serialize};

use super::error::{cut, not_negative};
use super::{Detection, MessageError, Text, direction, object, read};

/// Detections that one message may have: as many of the usual size fit into a packet.
pub const MAX_DETECTIONS: usize = 1800;

/// What a consumer says. `T` is what the texts of a return are.
#[derive(Clone, Debug, PartialEq)]
pub enum FromConsumer<T = String> {
    /// It knows the extensions.
    Hello(Hello),
    /// It is done with a frame.
    Return(Return<T>),
}

/// A consumer knows the extensions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The newest version of the extensions that it knows.
    pub v: u32,
    /// What it calls itself, for the engine's tables.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
}

/// A consumer is done with a frame. `T` is what its texts are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Return<T = String> {
    /// The stream of the frame.
    pub stream_id: T,
    /// Its number there.
    pub sequence: i64,
    /// Pixels in a row, as the consumer saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub width: Option<u32>,
    /// Rows, as the consumer saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub height: Option<u32>,
    /// Nanoseconds that the model took.
    pub inference_time: i64,
    /// How it went.
    pub status: Status,
    /// The model.
    pub model_name: T,
    /// When it was done: nanoseconds of CLOCK_REALTIME.
    pub timestamp: i64,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detections: Option<Vec<Detection>>,
    /// The frame's own timestamp again.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub frame_timestamp: Option<i64>,
    /// What went wrong.
    #[serde(
        skip_serializing_if = "Option::is_none",
        default,
        deserialize_with = "object::optional"
    )]
    pub error: Option<ErrorInfo>,
}

/// How it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Text<'_>", into = "String")]
pub enum Status {
    /// The model has seen the frame.
    Success,
    /// It has not.
    Error,
    /// Something else, of a consumer that said hello: "skipped", "busy".
    Other(String),
}

impl From<String> for Status {
    fn from(text: String) -> Status {
        usual_status(&text).unwrap_or(Status::Other(text))
    }
}

impl From<Text<'_>> for Status {
    fn from(text: Text<'_>) -> Status {
        usual_status(&text).unwrap_or_else(|| Status::Other(text.to_owned()))
    }
}

fn usual_status(text: &str) -> Option<Status> {
    match text {
        "success" => Some(Status::Success),
        "error" => Some(Status::Error),
        _ => None,
    }
}

impl From<Status> for String {
    fn from(status: Status) -> String {
        match status {
            Status::Success => "success".to_owned(),
            Status::Error => "error".to_owned(),
            Status::Other(text) => text,
        }
    }
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorInfo {
    /// A short name of the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
}

/// A message behind its direction.
#[derive(Serialize)]
struct Directed<'a, T> {
    direction: &'static str,
    #[serde(flatten)]
    message: &'a T,
}

/// A message as it is sent.
pub(super) fn to_json<T: Serialize>(direction: &'static str, message: &T) -> Vec<u8> {
    // Texts and finite numbers can always be written.
    serde_json::to_vec(&Directed { direction, message }).unwrap_or_default()
}

impl Hello {
    /// The message as it is sent.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        to_json("hello", self)
    }
}

impl Return {
    /// The message as it is sent.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        to_json("return", self)
    }
}

impl<T> Return<T> {
    /// Checks what its members cannot say of themselves.
    pub(crate) fn check(&self, has_said_hello: bool) -> Result<(), MessageError> {
        not_negative("sequence", self.sequence)?;
        not_negative("inference_time", self.inference_time)?;
        if let (Status::Other(status), false) = (&self.status, has_said_hello) {
            let status = cut(status);
            return Err(MessageError::Status { status });
        }
        check_detections(self.detections.as_deref().unwrap_or_default())
    }
}

/// Checks how many there are, and each.
pub(super) fn check_detections(detections: &[Detection]) -> Result<(), MessageError> {
    if detections.len() > MAX_DETECTIONS {
        let count = detections.len();
        return Err(MessageError::TooManyDetections { count });
    }
    for (index, detection) in detections.iter().enumerate() {
        detection
            .check()
            .map_err(|why| MessageError::Detection { index, why })?;
    }
    Ok(())
}

/// What an engine says of a message that it cannot read.
pub(crate) fn parse_complaint(bytes: &[u8]) -> Option<String> {
    let answer: Return = read(bytes).ok()?;
    answer.error.map(|error| error.message)
}

/// Reads what a consumer says, which has said hello or has not.
pub fn parse_from_consumer(
    bytes: &[u8],
    has_said_hello: bool,
) -> Result<FromConsumer, MessageError> {
    parse(bytes, has_said_hello)
}

/// As [`parse_from_consumer`], for who has the packet while it looks at the message: a return whose
/// texts are without escapes, and which has no detections, no error and one of the two usual states,
/// needs no memory.
pub fn parse_in_place(
    bytes: &[u8],
    has_said_hello: bool,
) -> Result<FromConsumer<Text<'_>>, MessageError> {
    parse(bytes, has_said_hello)
}

fn parse<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    has_said_hello: bool,
) -> Result<FromConsumer<T>, MessageError> {
    let direction = direction(bytes)?;
    match &*direction {
        "hello" => read(bytes).map(FromConsumer::Hello),
        "return" => {
            let returned: Return<T> = read(bytes)?;
            returned.check(has_said_hello)?;
            Ok(FromConsumer::Return(returned))
        }
        _ => Err(MessageError::Direction {
            direction: cut(&direction),
            expected: "\"return\" or \"hello\"",
        }),
    }
}
