//! Describing a publisher before it starts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::cuda::{Memory, Sync};
use crate::error::{Error, Result};
use crate::failpoint::{self, Point};
use crate::format::{Format, FrameLayout};
use crate::meta::StreamInfo;
use crate::pool::{ExternalBuffers, Target};
use crate::session::{Epoch, Limits, Server, Shared, socket_path};
use crate::sys::cuda::Context;
use crate::sys::{self, KeyLock, Owner, Waker};
use crate::wire::{DEFAULT_SLOTS, MAX_SLOTS, MAX_SUBSCRIBERS, MIN_SLOTS, validate_key};

use super::gpu::Gpu;
use super::place::Place;
use super::shortage::Shortage;
use super::{Publisher, Settings};

/// A hundred years: a limit that no clock can count on from now is as good as this one.
const FOR_EVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What happens to a frame when every slot is in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// It is dropped and counted; nobody slows the publisher down.
    #[default]
    DropOldest,
    /// Subscribers that may miss nothing are waited for, up to the strict time-out.
    StrictWait,
}

/// Describes a publisher; see [`Publisher::builder`].
#[derive(Clone, Debug)]
pub struct PublisherBuilder {
    key: String,
    format: Format,
    size: Option<(u32, u32)>,
    room: (u32, u32),
    slots: u32,
    policy: Policy,
    strict_timeout: Duration,
    evict_lagging: bool,
    pressure_timeout: Duration,
    lease_timeout: Duration,
    max_leases: Option<u32>,
    max_subscribers: u32,
    allow_uids: Vec<u32>,
    socket_mode: u32,
    segment_mode: u32,
    anonymous: bool,
    stream: StreamInfo,
    wait: Option<(usize, Option<Duration>)>,
    place: Place,
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

    /// Lets [`build`](PublisherBuilder::build) wait until `count` subscribers have joined, at
    /// most `limit` (`None`: for ever).
    pub fn wait_subscribers(mut self, count: usize, limit: Option<Duration>) -> Self {
        self.wait = Some((count, limit));
        self
    }

    /// Starts publishing: takes the key, makes ring and pool, listens.
    pub fn build(self) -> Result<Publisher> {
        validate_key(&self.key)?;
        let layout = self.check()?;
        let run = sys::publisher_dir().map_err(|(path, source)| Error::RunDir { path, source })?;
        let socket = socket_path(&run, &self.key)?;
        let lock = self.take_key(&run)?;
        failpoint::reach(Point::LockTaken);
        sys::remove_leftovers(&self.key);
        let placement = self.place.decide(&self.key)?;
        let gpu = Gpu::new(&placement)?;
        let settings = Settings {
            slots: self.slots,
            policy: self.policy,
            placement,
            stream: self.stream,
            anonymous: self.anonymous,
            segment_mode: self.segment_mode,
        };
        let epoch = Epoch::create(&settings.epoch(&self.key, layout), None)?;
        let failed = |what: &str| Error::system(format!("{what} {}", socket.display()));
        let waker = Waker::new().map_err(failed("make a waker for"))?;
        let limits = self.limits(epoch.order.is_some());
        let shared = Shared::new(self.key.clone(), limits, Arc::clone(&epoch), waker);
        let shared = Arc::new(shared);
        let server = Server::new(Arc::clone(&shared), socket.clone(), self.socket_mode)
            .map_err(failed("listen at"))?;
        let control_thread = std::thread::Builder::new()
            .name("cuframes".to_owned())
            .spawn(move || server.run())
            .map_err(failed("start the thread that listens at"))?;
        let publisher = Publisher {
            shared,
            epoch,
            settings,
            shortage: Shortage::new(
                self.strict_timeout.min(FOR_EVER),
                self.pressure_timeout.min(FOR_EVER),
                self.evict_lagging,
            ),
            last: 0,
            gpu,
            control_thread: Some(control_thread),
            generation: sys::generation(),
            lock: Some(lock),
        };
        if let Some((count, limit)) = self.wait {
            publisher.wait_subscribers(count, limit)?;
        }
        Ok(publisher)
    }

    fn check(&self) -> Result<FrameLayout> {
        let refuse = |what: String| Err(Error::InvalidArgument(what));
        let Some((width, height)) = self.size else {
            return refuse("a publisher needs a size: call size(width, height)".to_owned());
        };
        if !(MIN_SLOTS..=MAX_SLOTS as u32).contains(&self.slots) {
            return refuse(format!("slots is {}; a ring has 2 to 16", self.slots));
        }
        if self
            .max_leases
            .is_some_and(|leases| !(1..=self.slots).contains(&leases))
        {
            return refuse(format!(
                "max_leases is {}; a subscriber may hold 1 to {} frames",
                self.max_leases.unwrap_or_default(),
                self.slots
            ));
        }
        if !(1..=MAX_SUBSCRIBERS).contains(&self.max_subscribers) {
            return refuse(format!(
                "max_subscribers is {}; allowed are 1 to 255",
                self.max_subscribers
            ));
        }
        for (name, mode) in [
            ("socket_mode", self.socket_mode),
            ("segment_mode", self.segment_mode),
        ] {
            if mode & !0o777 != 0 || mode & 0o600 != 0o600 && name == "socket_mode" {
                return refuse(format!(
                    "{name} is 0{mode:o}; permission bits from 0600 to 0777 are allowed"
                ));
            }
        }
        Ok(FrameLayout::with_room(
            self.format,
            width,
            height,
            self.room,
        )?)
    }

    fn limits(&self, gpu: bool) -> Limits {
        Limits {
            gpu,
            peers: self.max_subscribers,
            max_leases: self.max_leases.unwrap_or_else(|| (self.slots / 4).max(1)),
            lease_timeout: self.lease_timeout.min(FOR_EVER),
            allow_uids: self.allow_uids.clone(),
        }
    }

    fn take_key(&self, run: &Path) -> Result<KeyLock> {
        let path = run.join(format!("{}.lock", self.key));
        match KeyLock::take(&path) {
            Ok(Owner::Caller(lock)) => Ok(lock),
            Ok(Owner::Other(pid)) => Err(Error::AlreadyExists {
                key: self.key.clone(),
                owner: match pid {
                    Some(pid) => format!("process {pid}"),
                    None => "a process that has not said its pid".to_owned(),
                },
            }),
            Err(source) => Err(Error::RunDir { path, source }),
        }
    }
}
