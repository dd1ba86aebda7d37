//! What can go wrong as a packet is sent.

use std::io;

/// Why a packet was not sent. No part of it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// The peer has not read what was sent before: EAGAIN. The socket polls writable when it has.
    #[error("the peer does not read")]
    Full,
    /// Peers have not read too many descriptors of this user, who has sent as many as a process may
    /// have open: ETOOMANYREFS. Nothing tells when they have.
    #[error("too many descriptors are on their way; raise RLIMIT_NOFILE")]
    TooManyDescriptors,
    /// It has more descriptors than its peer takes.
    #[error(
        "{count} descriptors in one packet; at most {} are taken",
        super::MAX_FDS
    )]
    TooManyInOne {
        /// How many.
        count: usize,
    },
    /// It is larger than the socket passes on: EMSGSIZE.
    #[error("a packet of {size} bytes is larger than the socket takes")]
    TooLarge {
        /// Its bytes.
        size: usize,
    },
    /// It has no bytes: its peer would take it for the end.
    #[error("a packet without a byte is the end of a connection")]
    Empty,
    /// The peer is gone.
    #[error("the peer is gone")]
    Gone,
    /// The kernel refuses.
    #[error("cannot send: {0}")]
    System(#[source] io::Error),
}
