//! What can go wrong in a server, and what it does then.

use std::any::Any;
use std::borrow::Cow;

use crate::Error;

/// Any error of a handler.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a request got no response, or why a server ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The handler returned an error.
    #[error("the handler of request {sequence} failed: {source}")]
    Handler {
        /// Number of the request.
        sequence: u64,
        /// What it returned.
        source: BoxError,
    },
    /// The handler panicked.
    #[error("the handler of request {sequence} panicked: {message}")]
    Panic {
        /// Number of the request.
        sequence: u64,
        /// What it said.
        message: String,
    },
    /// The handler returned no bytes, and a frame has at least one.
    #[error("the handler of request {sequence} returned no bytes; a response has at least one")]
    EmptyResponse {
        /// Number of the request.
        sequence: u64,
    },
    /// The response cannot be written.
    #[error("the response to request {sequence} cannot be written: {source}")]
    Response {
        /// Number of the request.
        sequence: u64,
        /// Why not.
        source: Error,
    },
    /// The callback that is told the metadata panicked.
    #[error("the callback for metadata panicked: {message}")]
    Init {
        /// What it said.
        message: String,
    },
    /// A buffer of the channel failed.
    #[error(transparent)]
    Channel(#[from] Error),
    /// The server is running.
    #[error("the server of channel '{channel}' is running; stop it before it is started again")]
    Running {
        /// The channel.
        channel: String,
    },
}

impl ServerError {
    /// Number of the request that it is about, if it is about one.
    pub fn sequence(&self) -> Option<u64> {
        match self {
            ServerError::Handler { sequence, .. }
            | ServerError::Panic { sequence, .. }
            | ServerError::EmptyResponse { sequence }
            | ServerError::Response { sequence, .. } => Some(*sequence),
            ServerError::Init { .. } | ServerError::Channel(_) | ServerError::Running { .. } => {
                None
            }
        }
    }
}

/// What a server does about a request whose handler failed. There is no frame that says "error",
/// nor one without bytes, so what the client hears is for the user to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnError {
    /// The server ends, and its client hears `WriterDead` where it waits.
    #[default]
    Stop,
    /// The request gets no response. Only with [`Correlation::Sequence`](super::Correlation): by
    /// order, every later response would be taken for that of another request, so there the
    /// server stops.
    Skip,
    /// The request gets these bytes as its response.
    Respond(Vec<u8>),
}

/// Why a handler has no answer.
pub(super) enum Failure {
    Error(BoxError),
    Panic(String),
    /// The server stopped, and nobody will run the handler.
    Abandoned,
}

impl Failure {
    /// From what a panic left.
    pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Self {
        Failure::Panic(panic_message(payload))
    }
}

/// What a panic said.
pub(super) fn panic_message(payload: Box<dyn Any + Send>) -> String {
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => match other.downcast_ref::<&str>() {
            Some(text) => (*text).to_owned(),
            None => "no message".to_owned(),
        },
    }
}

/// What a handler can return: bytes, or bytes or an error.
pub trait IntoResponse {
    /// The response, or why there is none.
    fn into_response(self) -> Result<Cow<'static, [u8]>, BoxError>;
}

impl IntoResponse for Vec<u8> {
    fn into_response(self) -> Result<Cow<'static, [u8]>, BoxError> {
        Ok(Cow::Owned(self))
    }
}

impl IntoResponse for &'static [u8] {
    fn into_response(self) -> Result<Cow<'static, [u8]>, BoxError> {
        Ok(Cow::Borrowed(self))
    }
}

impl<T: IntoResponse, E: Into<BoxError>> IntoResponse for Result<T, E> {
    fn into_response(self) -> Result<Cow<'static, [u8]>, BoxError> {
        self.map_err(Into::into)?.into_response()
    }
}

/// What a handler that changes the request in place can return: nothing, or nothing or an error.
pub trait IntoDone {
    /// Whether it succeeded.
    fn into_done(self) -> Result<(), BoxError>;
}

impl IntoDone for () {
    fn into_done(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> IntoDone for Result<(), E> {
    fn into_done(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_panic_said_is_kept() {
        let said = |panic: fn()| {
            let payload = std::panic::catch_unwind(panic).expect_err("it panics");
            panic_message(payload)
        };
        assert_eq!(said(|| panic!("plain")), "plain");
        assert_eq!(said(|| panic!("number {}", 7)), "number 7");
        assert_eq!(said(|| std::panic::panic_any(7)), "no message");
    }
}
