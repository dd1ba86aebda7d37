//! The protocol of the control socket: JSON objects over a Unix stream socket.
//!
//! A client sends one object, with or without a newline behind it, and need not close its side. The
//! daemon answers at the first complete object by one line of JSON, in one piece, and closes. With
//! `"keep_alive":true` it does not close, and takes the next request.

mod answer;
mod client;
mod command;
mod error;
mod request;

use std::time::Duration;

pub use answer::Answer;
pub use client::Client;
pub use command::Command;
pub use error::ClientError;
pub use request::{Request, RequestError, Scanned, scan};

/// Where the daemon listens unless it is told otherwise.
pub const DEFAULT_SOCKET: &str = "/tmp/vizion_control.sock";

/// Bytes that a request can have.
pub const MAX_REQUEST: usize = 65_536;

/// Bytes that an answer can have with its newline: clients receive once, into 4096 bytes, and put
/// a NUL behind it.
pub const MAX_ANSWER: usize = 4095;

/// Within this time a command is answered: `socat` waits half a second after it has sent.
pub const ANSWER_TIME: Duration = Duration::from_millis(400);
