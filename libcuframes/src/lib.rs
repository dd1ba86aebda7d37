//! One decode, many readers: a publisher puts video frames into a ring of shared
//! memory, and any number of subscribers in other processes read them in place.
//!
//! [`Publisher`] and [`Subscriber`] are what most programs need. A frame is never copied by
//! this library: it is made in its slot, and lent to whoever wants to read it.

#![cfg_attr(loom, allow(dead_code, unused_imports))]

#[cfg(not(loom))]
#[allow(unsafe_code)]
pub mod capi;
#[cfg(not(loom))]
pub mod cuda;
mod failpoint;
pub mod format;
pub mod meta;
pub mod ring;
pub mod wire;

#[cfg(not(loom))]
mod error;
#[cfg(not(loom))]
pub mod keys;
#[cfg(not(loom))]
pub mod observer;
#[cfg(not(loom))]
pub mod packets;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod pool;
#[cfg(not(loom))]
pub mod publisher;
#[cfg(not(loom))]
mod session;
#[cfg(not(loom))]
pub mod subscriber;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod sync;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod sys;

#[cfg(not(loom))]
pub use error::{Error, Result};
pub use format::{Format, FrameLayout};
pub use meta::{Color, ColorRange, Crop, FrameFlags, FrameMeta, Mastering, StreamInfo};
#[cfg(not(loom))]
pub use observer::Observer;
#[cfg(not(loom))]
pub use packets::{
    Codec, CodecParams, Packet, PacketFlags, PacketInfo, PacketMeta, PacketRing, PacketStart,
};
#[cfg(not(loom))]
pub use pool::{DevicePlane, DeviceRows, ExternalBuffers, Plane};
#[cfg(not(loom))]
pub use publisher::{Policy, Publisher, PublisherStats, WritableFrame, now_ns};
#[cfg(not(loom))]
pub use subscriber::{Event, Frame, SharedFrame, SharedPlane, Subscriber, SubscriberStats};
pub use wire::{ErrorCode, MemoryKind, Mode, SyncKind};
