//! A Unix socket in the file system that exactly one process listens at, and who connects to it.
//!
//! [`claim`] takes a path: a socket that nobody answers at is replaced, and of several processes that
//! want the same path exactly one gets it. [`connect`] is the other end, and [`Peer`] who is there.
//! Whether what goes over it are packets or a stream is each user's choice, as is when to wait:
//! the sockets do not.

mod connect;
mod error;
mod file;
mod peer;
#[allow(unsafe_code)]
mod sys;
#[cfg(test)]
mod tests;

pub use connect::connect;
pub use error::SocketError;
pub use file::{Claimed, claim};
pub use peer::Peer;
