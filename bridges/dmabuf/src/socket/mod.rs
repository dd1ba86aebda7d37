//! Packets with descriptors: SOCK_SEQPACKET sockets in the file system.
//!
//! A packet arrives whole and with the descriptors that were sent with it, or it does not arrive.
//! Nothing here waits: what cannot be done now says so, and [`Listener`] and [`Connection`] have a
//! descriptor to be polled.

mod connection;
mod error;
mod listener;
#[cfg(test)]
mod tests;

pub use ::socket::{Peer, SocketError};

pub use connection::{Connection, MAX_FDS, Packet, Received};
pub use error::SendError;
pub use listener::Listener;
