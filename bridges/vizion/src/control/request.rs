//! A request, found in the bytes that came.

use serde_json::error::Category;
use serde_json::{Map, Value};

use super::MAX_REQUEST;

/// Bytes that a `request_id` can have as JSON, so that an answer has room for it.
const MAX_REQUEST_ID: usize = 256;

/// What a client asks for. Whether there is such a command, and what its parameters are worth, is
/// for others to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The command's name.
    pub command: String,
    /// Its parameters; none if the request had none.
    pub params: Map<String, Value>,
    /// Whether the connection stays open for more.
    pub keep_alive: bool,
    /// What the answer repeats.
    pub request_id: Option<Value>,
}

/// What bytes that came so far are.
#[derive(Debug)]
pub enum Scanned {
    /// The beginning of a request, or nothing yet.
    Incomplete,
    /// They begin with a request.
    Complete {
        /// The request.
        request: Request,
        /// How many of the bytes it takes. What follows is the next request's.
        length: usize,
    },
    /// They do not begin with a request, whatever may follow.
    Invalid(RequestError),
}

/// Why bytes are no request. Its text is the message of the answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// Something else than a JSON object.
    #[error("the request is not a JSON object; send {{\"command\":\"get_status\"}}, for example")]
    NotAnObject,
    /// An object that breaks JSON's rules.
    #[error("the request is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    /// Bytes that no text has.
    #[error("the request is not UTF-8 at byte {0}")]
    NotText(usize),
    /// More than a request can be.
    #[error("the request is longer than {MAX_REQUEST} bytes")]
    TooLong,
    /// No command.
    #[error("the request has no \"command\"; list_commands tells which there are")]
    NoCommand,
    /// A member of another type.
    #[error("\"{member}\" is not {wanted}")]
    WrongType {
        /// Which.
        member: &'static str,
        /// What it should be.
        wanted: &'static str,
    },
    /// A `request_id` that an answer has no room for.
    #[error("\"request_id\" is longer than {MAX_REQUEST_ID} bytes")]
    LongRequestId,
}

/// Looks for the first request. Whitespace before it is skipped, and what is behind it is not
/// looked at. The answer is final as early as it can be: bytes that cannot become a request by
/// what follows are invalid at once.
///
/// ```
/// use vizion::control::{Scanned, scan};
/// assert!(matches!(scan(br#"{"command":"get_st"#), Scanned::Incomplete));
/// let Scanned::Complete { request, length } = scan(br#"{"command":"get_status"} {"#) else {
///     panic!("a request");
/// };
/// assert_eq!((request.command.as_str(), length), ("get_status", 24));
/// ```
#[must_use]
pub fn scan(bytes: &[u8]) -> Scanned {
    let window = bytes.get(..MAX_REQUEST).unwrap_or(bytes);
    match first_object(window) {
        Ok(Some((object, length))) => match Request::of(object) {
            Ok(request) => Scanned::Complete { request, length },
            Err(error) => Scanned::Invalid(error),
        },
        Ok(None) if bytes.len() >= MAX_REQUEST => Scanned::Invalid(RequestError::TooLong),
        Ok(None) => Scanned::Incomplete,
        Err(error) => Scanned::Invalid(error),
    }
}

/// An object, and where it ends.
type Found = (Map<String, Value>, usize);

/// The object that the bytes begin with; `None` if more bytes can make it one.
fn first_object(bytes: &[u8]) -> Result<Option<Found>, RequestError> {
    match bytes.iter().find(|byte| !b" \t\r\n".contains(byte)) {
        None => return Ok(None),
        Some(b'{') => {}
        Some(_) => return Err(RequestError::NotAnObject),
    }
    // The parser's own limit of nesting bounds its stack.
    let mut values = serde_json::Deserializer::from_slice(bytes).into_iter();
    match values.next() {
        Some(Ok(object)) => Ok(Some((object, values.byte_offset()))),
        Some(Err(error)) if error.classify() == Category::Eof => {
            // The parser looks at a string's bytes when the string ends.
            match std::str::from_utf8(bytes) {
                Err(wrong) if wrong.error_len().is_some() => {
                    Err(RequestError::NotText(wrong.valid_up_to()))
                }
                _ => Ok(None),
            }
        }
        Some(Err(error)) => Err(error.into()),
        None => Ok(None),
    }
}

impl Request {
    fn of(mut object: Map<String, Value>) -> Result<Request, RequestError> {
        let wrong = |member, wanted| Err(RequestError::WrongType { member, wanted });
        let command = match object.remove("command") {
            Some(Value::String(command)) => command,
            Some(_) => return wrong("command", "a string"),
            None => return Err(RequestError::NoCommand),
        };
        let params = match object.remove("params") {
            Some(Value::Object(params)) => params,
            Some(Value::Null) | None => Map::new(),
            Some(_) => return wrong("params", "an object"),
        };
        let keep_alive = match object.remove("keep_alive") {
            Some(Value::Bool(keep)) => keep,
            Some(Value::Null) | None => false,
            Some(_) => return wrong("keep_alive", "true or false"),
        };
        let request_id = object.remove("request_id");
        match &request_id {
            Some(id) if id.to_string().len() > MAX_REQUEST_ID => Err(RequestError::LongRequestId),
            _ => Ok(Request {
                command,
                params,
                keep_alive,
                request_id,
            }),
        }
    }
}

#[cfg(test)]
mod tests;
