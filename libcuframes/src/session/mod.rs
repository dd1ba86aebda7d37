//! Who is connected: messages with descriptors over one socket per subscriber.
//!
//! [`Server`] is the publisher's control thread; [`client`] is what a subscriber does to join.

mod client;
mod connection;
mod control;
mod epoch;
mod packets;
mod pages;
mod roster;
mod segment;
mod server;

pub use client::{
    CudaJoined, JoinRequest, Joined, JoinedPixels, Link, LinkState, Observed, PacketsJoined, RETRY,
    is_passing, observe, socket_path, watch,
};
pub use epoch::{Epoch, EpochRequest};
pub use packets::{PacketSegment, remove_leftovers};
pub use server::{Command, Limits, Server, Shared};

/// The highest protocol version of this library: frames and packets.
pub const OUR_VERSION: u32 = crate::wire::PROTO_V2;

/// The version that is spoken where packets are wanted, or not: without them 2 says nothing that
/// 1 does not.
pub const fn version(packets: bool) -> u32 {
    match packets {
        true => OUR_VERSION,
        false => crate::wire::PROTO_V1,
    }
}

/// This library as the wire tells it: major << 16, minor << 8, patch.
pub const LIB_VERSION: u32 = {
    const fn number(text: &str) -> u32 {
        let bytes = text.as_bytes();
        let (mut value, mut index) = (0, 0);
        while index < bytes.len() {
            value = value * 10 + (bytes[index] - b'0') as u32;
            index += 1;
        }
        value
    }
    number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"))
};
