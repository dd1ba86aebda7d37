//! The wire: every byte that two processes agree on, as plain structs and numbers.
//!
//! Nothing here touches a file, a socket or a map. A struct of this module is a
//! *copy* of shared or received bytes; its `validate()` turns it into a plain value
//! whose numbers have all been checked, and the rest of the crate uses only that.
//! Offsets and sizes are proven at compile time against the published protocol.
//!
//! ```
//! use cuframes::wire::{ConsumerName, HelloRequest, Mode, capability};
//! use zerocopy::IntoBytes;
//!
//! let name = ConsumerName::new("viewer")?;
//! let hello = HelloRequest::new(&name, Mode::NewestOnly, capability::HOST);
//! assert_eq!(hello.as_bytes().len(), 128);
//! assert_eq!(hello.validate()?.name, Some(name));
//! # Ok::<(), cuframes::wire::WireError>(())
//! ```

#![forbid(unsafe_code)]

#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("the cuframes wire format is little-endian and needs a 64-bit machine");

/// Proves size and field offsets of a wire struct at compile time.
macro_rules! layout {
    ($ty:ty, $size:expr, { $($field:ident: $offset:expr),+ $(,)? }) => {
        const _: () = {
            assert!(size_of::<$ty>() == $size);
            $(assert!(core::mem::offset_of!($ty, $field) == $offset);)+
        };
    };
}

mod code;
pub mod control;
mod error;
pub mod fourcc;
mod geometry;
mod hello;
mod kind;
mod message;
mod name;
mod notice;
pub mod packets;
pub mod page;
pub mod slot;
mod stats;
mod uuid;
mod welcome;

pub use code::ErrorCode;
pub use control::{ControlHeader, header_flag};
pub use error::WireError;
pub use fourcc::PixelLayout;
pub use geometry::{Geometry, StreamFields};
pub use hello::{HelloRequest, ValidHello, agree};
pub use kind::{MemoryKind, Mode, StreamState, SyncKind};
pub use message::{Incoming, Message, MessageHeader, MessageType, frame_message};
pub use name::{ConsumerName, MAX_KEY, MAX_NAME, validate_key};
pub use notice::{Attached, Close, CloseReason, Detach, DetachReason, ErrorMessage, Reconfigure};
pub use packets::{PacketGeometry, PacketHeader, PacketSlot, packet_flag};
pub use page::SubscriberSlot;
pub use slot::{SlotDescriptor, SlotMeta, frame_flag, is_sequence};
pub use stats::{MAX_STATS_ROWS, StatsHeader, encode_stats, parse_stats};
pub use uuid::Uuid;
pub use welcome::{HelloGrant, HelloResponse, PacketGrant};

/// First word of the frame control segment and of both HELLO messages.
pub const MAGIC: u32 = 0xCC7C_1DCC;
/// Protocol version 1: frames.
pub const PROTO_V1: u32 = 1;
/// Protocol version 2: frames and the encoded packet ring.
pub const PROTO_V2: u32 = 2;

/// Bytes of the frame control segment.
pub const CONTROL_SIZE: usize = 4096;
/// Bytes of the control segment's header as this version writes it.
pub const HEADER_SIZE: usize = 256;
/// Bytes of a slot descriptor as this version writes it.
pub const SLOT_SIZE: usize = 192;
/// Bytes of a subscriber page and of the timeline page.
pub const PAGE_SIZE: usize = 4096;

/// Fewest slots of a ring.
pub const MIN_SLOTS: u32 = 2;
/// Most slots of a ring: what `held_mask`, `slot_of` and the page's arrays have room for.
pub const MAX_SLOTS: usize = 16;
/// Slots of a ring unless the publisher says otherwise.
pub const DEFAULT_SLOTS: u32 = 8;
/// Highest subscriber index; 0 is the index of observers.
pub const MAX_SUBSCRIBERS: u32 = 255;
/// Largest picture width and height in pixels.
pub const MAX_DIMENSION: u32 = 32768;
/// Planes that a header has room for.
pub const MAX_PLANES: usize = 4;

/// Largest payload of a socket message in bytes.
pub const MAX_PAYLOAD: usize = 4096;
/// Most descriptors that one message carries.
pub const MAX_FDS: usize = 8;
/// Bytes of a message header.
pub const MESSAGE_HEADER_SIZE: usize = 8;

/// `slot.seq` of a slot that holds no frame.
pub const SEQ_EMPTY: u64 = 0;
/// `slot.seq` while the publisher writes pixels or meta.
pub const SEQ_WRITING: u64 = u64::MAX;
/// `slot.seq` while the publisher asks whether anybody holds the slot.
pub const SEQ_CLAIMED: u64 = u64::MAX - 1;
/// First number above every sequence: whatever is at or above it is a state of the slot.
pub const SEQ_LIMIT: u64 = 1 << 63;
/// Largest sequence of a frame.
pub const SEQ_MAX: u64 = SEQ_LIMIT - 2;
/// Value of a ready word that completes every wait for a frame that will never be ready.
pub const TERMINAL: u64 = SEQ_LIMIT - 1;
/// `pts_ns` of a frame without a presentation time.
pub const NO_PTS: i64 = i64::MIN;

/// Capability bits of HELLO_REQ, HELLO_RESP and ATTACHED.
pub mod capability {
    /// Control segment, pool and packet segment may come as descriptors.
    pub const FD_PASSING: u32 = 1;
    /// Pools that are CUDA IPC allocations.
    pub const CUDA_IPC: u32 = 2;
    /// Pools that are CUDA virtual memory exported as a descriptor.
    pub const CUDA_VMM: u32 = 4;
    /// Pools in host memory.
    pub const HOST: u32 = 8;
    /// Pools that are a linear dma-buf.
    pub const DMABUF: u32 = 16;
    /// GPU order by interprocess events.
    pub const CUDA_EVENT: u32 = 32;
    /// A socket that becomes readable when there is something new.
    pub const NOTIFY: u32 = 64;
    /// Reads statistics and copies frames; takes no index, page or lease.
    pub const OBSERVER: u32 = 128;
    /// GPU order by words in shared memory.
    pub const CUDA_TIMELINE: u32 = 256;
    /// The four bits of which HELLO_RESP grants exactly one.
    pub const MEMORY: u32 = CUDA_IPC | CUDA_VMM | HOST | DMABUF;
    /// The two bits of which HELLO_RESP grants at most one.
    pub const SYNC: u32 = CUDA_EVENT | CUDA_TIMELINE;
    /// Every bit that this version knows; others are ignored.
    pub const ALL: u32 = FD_PASSING | MEMORY | SYNC | NOTIFY | OBSERVER;
}

/// Bits of HELLO_RESP's `fd_mask`; the descriptors come in ascending order of the bits.
pub mod fds {
    /// The frame control segment, read-only.
    pub const CONTROL: u32 = 1;
    /// The subscriber page, read-write.
    pub const PAGE: u32 = 2;
    /// The frame pool.
    pub const POOL: u32 = 4;
    /// The packet segment, read-only.
    pub const PACKETS: u32 = 8;
    /// The subscriber's end of the notify socket pair.
    pub const NOTIFY: u32 = 16;
    /// The timeline page, read-write.
    pub const TIMELINE: u32 = 32;
    /// Every bit that this version knows.
    pub const ALL: u32 = CONTROL | PAGE | POOL | PACKETS | NOTIFY | TIMELINE;

    /// Place among the received descriptors of the one that `bit` stands for,
    /// or `None` where `mask` has it not.
    ///
    /// ```
    /// use cuframes::wire::fds;
    /// let mask = fds::CONTROL | fds::PAGE | fds::NOTIFY;
    /// assert_eq!(fds::position(mask, fds::NOTIFY), Some(2));
    /// assert_eq!(fds::position(mask, fds::POOL), None);
    /// ```
    #[must_use]
    pub const fn position(mask: u32, bit: u32) -> Option<usize> {
        if mask & bit == 0 {
            return None;
        }
        Some((mask & bit.wrapping_sub(1)).count_ones() as usize)
    }
}

/// Packet flags of HELLO_REQ (wanted) and HELLO_RESP (granted), protocol version 2.
pub mod packet_request {
    /// Opens the packet ring beside the frames.
    pub const WANT_PACKETS: u32 = 1;
    /// Starts at the newest key packet that is still whole in the ring.
    pub const FROM_KEYFRAME: u32 = 2;
    /// Every bit that this version knows.
    pub const ALL: u32 = WANT_PACKETS | FROM_KEYFRAME;
}
