//! Describing a publisher before it starts.

use std::time::Duration;

use crate::cuda::{Memory, Sync};
use crate::format::Format;
use crate::meta::StreamInfo;
use crate::packets::PacketRing;
use crate::pool::{ExternalBuffers, Target};
use crate::sys::cuda::Context;
use crate::wire::DEFAULT_SLOTS;

use super::place::Place;

/// What happens to a frame when every slot is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It is dropped and counted; nobody slows the publisher down.
    #[default]
    DropOldest,
    /// Subscribers that may miss nothing are waited for, up to the strict time-out.
    StrictWait,
}

/// Describes a publisher; see [`Publisher::builder`](super::Publisher::builder).
#[derive(Clone, Debug)]
pub struct PublisherBuilder {
    pub(super) key: String,
    pub(super) format: Format,
    pub(super) size: Option<(u32, u32)>,
    pub(super) room: (u32, u32),
    pub(super) slots: u32,
    pub(super) policy: Policy,
    pub(super) strict_timeout: Duration,
    pub(super) evict_lagging: bool,
    pub(super) pressure_timeout: Duration,
    pub(super) lease_timeout: Duration,
    pub(super) max_leases: Option<u32>,
    pub(super) max_subscribers: u32,
    pub(super) allow_uids: Vec<u32>,
    pub(super) socket_mode: u32,
    pub(super) segment_mode: u32,
    pub(super) anonymous: bool,
    pub(super) stream: StreamInfo,
    pub(super) wait: Option<(usize, Option<Duration>)>,
    pub(super) place: Place,
    pub(super) packets: Option<PacketRing>,
    pub(super) packets_only: bool,
}

impl PublisherBuilder {
    pub(super) fn new(key: &str) -> Self {
        PublisherBuilder {
            key: key.to_owned(),
            format: Format::Nv12,
            size: None,
            room: (0, 0),
            slots: DEFAULT_SLOTS,
            policy: Policy::default(),
            strict_timeout: Duration::from_secs(1),
            evict_lagging: false,
            pressure_timeout: Duration::from_millis(500),
            lease_timeout: Duration::from_secs(5),
            max_leases: None,
            max_subscribers: 64,
            allow_uids: Vec::new(),
            socket_mode: 0o660,
            segment_mode: 0o640,
            anonymous: false,
            stream: StreamInfo::default(),
            wait: None,
            place: Place::default(),
            packets: None,
            packets_only: false,
        }
    }

    /// Where the frames live; the default is host memory.
    pub fn memory(mut self, memory: Memory) -> Self {
        self.place.memory = memory;
        self
    }

    /// What tells subscribers that a frame on a GPU is complete; the default is the best that
    /// works here.
    pub fn sync(mut self, sync: Sync) -> Self {
        self.place.sync = sync;
        self
    }

    /// Lends buffers of the caller's instead of making a pool: one for each slot, on a GPU, by
    /// CUDA IPC. Format and size stay what they are.
    pub fn external(mut self, buffers: &ExternalBuffers) -> Self {
        self.slots = buffers.count() as u32;
        self.place.memory = Memory::CudaIpc;
        self.place.external = Some(buffers.clone());
        self
    }

    /// The GPU by its number; its primary context is used. The default is 0.
    pub fn cuda_device(mut self, ordinal: u32) -> Self {
        self.place.device = Target::Ordinal(ordinal);
        self
    }

    /// The context whose streams write the frames. Without memory of a GPU it is not looked at.
    pub fn cuda_context(mut self, context: &Context) -> Self {
        self.place.device = Target::Context(context.clone());
        self
    }

    /// Pixel format; the default is NV12.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Width and height in pixels, each 1 to 32768. There is no default.
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.size = Some((width, height));
        self
    }

    /// Room in every slot for a picture of so many pixels in width and height, where that is
    /// more than its size: for a decoder that writes into slots.
    pub fn room(mut self, width: u32, height: u32) -> Self {
        self.room = (width, height);
        self
    }

    /// Slots of the ring, 2 to 16; the default is 8.
    pub fn slots(mut self, slots: u32) -> Self {
        self.slots = slots;
        self
    }

    /// What happens when every slot is in use; the default is to drop the new frame.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// How long [`Policy::StrictWait`] waits for one frame in all; the default is a second.
    pub fn strict_timeout(mut self, limit: Duration) -> Self {
        self.strict_timeout = limit;
        self
    }

    /// Whether a subscriber that used up the strict time-out is evicted, instead of not being
    /// waited for until it has caught up (the default).
    pub fn evict_lagging(mut self, evict: bool) -> Self {
        self.evict_lagging = evict;
        self
    }

    /// How long nothing could be published because every slot was held, before the oldest
    /// lease has to go; the default is 500 ms.
    pub fn pressure_timeout(mut self, limit: Duration) -> Self {
        self.pressure_timeout = limit;
        self
    }

    /// Longest lease of a frame that is no longer the newest; who holds one longer is evicted.
    /// The default is 5 s, zero means no limit.
    pub fn lease_timeout(mut self, limit: Duration) -> Self {
        self.lease_timeout = limit;
        self
    }

    /// Frames that one subscriber may hold at a time; the default is a quarter of the slots,
    /// at least one.
    pub fn max_leases(mut self, leases: u32) -> Self {
        self.max_leases = Some(leases);
        self
    }

    /// Connections at a time, 1 to 255, observers included; the default is 64.
    pub fn max_subscribers(mut self, count: u32) -> Self {
        self.max_subscribers = count;
        self
    }

    /// Users that may subscribe besides this one and root, and whose strict subscribers are
    /// waited for. Without any, the mode of the socket decides who may subscribe.
    pub fn allow_uids(mut self, uids: &[u32]) -> Self {
        self.allow_uids = uids.to_vec();
        self
    }

    /// Permission bits of the control socket; the default is 0660.
    pub fn socket_mode(mut self, mode: u32) -> Self {
        self.socket_mode = mode;
        self
    }

    /// Permission bits of the named segment in /dev/shm; the default is 0640.
    pub fn segment_mode(mut self, mode: u32) -> Self {
        self.segment_mode = mode;
        self
    }

    /// Without a name in /dev/shm: everything comes as a descriptor.
    pub fn anonymous(mut self, anonymous: bool) -> Self {
        self.anonymous = anonymous;
        self
    }

    /// Frame rate, sample aspect ratio and light levels; the default is unknown.
    pub fn stream_info(mut self, info: StreamInfo) -> Self {
        self.stream = info;
        self
    }

    /// Publishes encoded packets beside the frames, through a ring of this size.
    pub fn enable_packets(mut self, ring: PacketRing) -> Self {
        self.packets = Some(ring);
        self
    }

    /// Publishes packets and no frames: size and format say what they decode to. It takes no
    /// memory for frames, and [`acquire`](super::Publisher::acquire) is an error.
    pub fn packets_only(mut self) -> Self {
        self.packets_only = true;
        self
    }

    /// Lets [`build`](PublisherBuilder::build) wait until `count` subscribers have joined, at
    /// most `limit` (`None`: for ever).
    pub fn wait_subscribers(mut self, count: usize, limit: Option<Duration>) -> Self {
        self.wait = Some((count, limit));
        self
    }
}
