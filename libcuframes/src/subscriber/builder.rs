//! Describing a subscriber before it connects.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::packets::PacketStart;
use crate::pool::Target;
use crate::session::{JoinRequest, LinkState};
use crate::sys;
use crate::sys::cuda::Context;
use crate::wire::{ConsumerName, MAX_NAME, Mode, validate_key};

use super::attachment::Attachment;
use super::callback::CallbackSubscriber;
use super::packets::{self, PacketStream};
use super::stats::{Counters, Event};
use super::{Frame, Position, Subscriber, deadline};

/// Told of every event, on the thread that calls `next`.
pub(super) type EventHandler = Box<dyn FnMut(&Event) + Send>;

/// Which frames are wanted of those that there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub every_nth: u32,
    min_interval_ns: u64,
}

impl Pace {
    /// True if a frame published at `now_ns` comes too soon after one published at `last_ns`.
    pub fn is_too_early(&self, last_ns: u64, now_ns: u64) -> bool {
        self.min_interval_ns != 0
            && last_ns != 0
            && now_ns.saturating_sub(last_ns) < self.min_interval_ns
    }
}

/// Describes a subscriber; see [`Subscriber::builder`].
pub struct SubscriberBuilder {
    key: String,
    name: Option<String>,
    mode: Mode,
    every_nth: u32,
    min_interval: Duration,
    connect_timeout: Option<Duration>,
    reattach: bool,
    spin: Duration,
    allow_uids: Vec<u32>,
    cuda: Option<Target>,
    on_event: Option<EventHandler>,
    packets: Option<PacketStart>,
    packets_only: bool,
    keep_descriptor: bool,
}

impl SubscriberBuilder {
    pub(super) fn new(key: &str) -> Self {
        SubscriberBuilder {
            key: key.to_owned(),
            name: None,
            mode: Mode::NewestOnly,
            every_nth: 1,
            min_interval: Duration::ZERO,
            connect_timeout: Some(Duration::from_secs(5)),
            reattach: true,
            spin: Duration::ZERO,
            allow_uids: Vec::new(),
            cuda: None,
            on_event: None,
            packets: None,
            packets_only: false,
            keep_descriptor: false,
        }
    }

    /// The name under which the publisher knows it: 1 to 31 bytes of `A-Z a-z 0-9 . _ -`,
    /// unique per key and user. The default is the program's name and its pid, and
    /// a number from the second subscriber of the process on.
    pub fn name(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Every frame in its order, or always the newest (the default).
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Delivers one frame in `n`; the default is 1, all of them.
    pub fn every_nth(mut self, n: u32) -> Self {
        self.every_nth = n;
        self
    }

    /// Delivers no frame that was published sooner after the last one than this.
    pub fn min_interval(mut self, interval: Duration) -> Self {
        self.min_interval = interval;
        self
    }

    /// How long a publisher that is not there is waited for, when connecting and after a
    /// disconnection; `None` for ever. The default is 5 s.
    pub fn connect_timeout(mut self, limit: Option<Duration>) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// Whether to wait for the key to come back when its publisher is gone without an end of
    /// stream; on by default.
    pub fn reattach(mut self, reattach: bool) -> Self {
        self.reattach = reattach;
        self
    }

    /// How long to look for a new frame without sleeping, before sleeping. It costs CPU time
    /// and saves the wake-up of a sleeper; the default is zero.
    pub fn spin(mut self, duration: Duration) -> Self {
        self.spin = duration;
        self
    }

    /// Publishers of these users are trusted besides those of this one and root.
    pub fn allow_uids(mut self, uids: &[u32]) -> Self {
        self.allow_uids = uids.to_vec();
        self
    }

    /// Takes frames in the memory of any GPU too, in the primary context of that GPU. Without
    /// this, or one of the next two, a publisher on a GPU refuses this subscriber, and the CUDA
    /// driver is not loaded.
    pub fn cuda(mut self) -> Self {
        self.cuda = Some(Target::Any);
        self
    }

    /// Takes frames in the memory of this GPU, in its primary context; a publisher on another
    /// one, or in host memory, refuses it.
    pub fn cuda_device(mut self, ordinal: u32) -> Self {
        self.cuda = Some(Target::Ordinal(ordinal));
        self
    }

    /// Takes frames in the memory of the GPU of this context, which the streams that will wait
    /// for them belong to; a publisher on another one, or in host memory, refuses it.
    pub fn cuda_context(mut self, context: &Context) -> Self {
        self.cuda = Some(Target::Context(context.clone()));
        self
    }

    /// Reads encoded packets too, through the same subscription:
    /// [`next_packet`](Subscriber::next_packet) and [`next`](Subscriber::next) each have a
    /// position of their own. A publisher without packets is
    /// [`NoPacketRing`](Error::NoPacketRing).
    pub fn packets(mut self, start: PacketStart) -> Self {
        self.packets = Some(start);
        self
    }

    /// Reads encoded packets and no frames, from publishers of every kind: no memory of frames is
    /// mapped, and no driver of a GPU is loaded.
    pub fn packets_only(mut self, start: PacketStart) -> Self {
        self.packets = Some(start);
        self.packets_only = true;
        self
    }

    /// Keeps the descriptor of the publisher's host memory open, for [`Frame::shared`]. Otherwise it
    /// is closed as soon as that is mapped.
    pub fn keep_descriptor(mut self) -> Self {
        self.keep_descriptor = true;
        self
    }

    /// Told of every [`Event`], on the thread that calls [`next`](Subscriber::next).
    pub fn on_event(mut self, handler: impl FnMut(&Event) + Send + 'static) -> Self {
        self.on_event = Some(Box::new(handler));
        self
    }

    /// Finds the publisher and joins it.
    pub fn connect(self) -> Result<Subscriber> {
        validate_key(&self.key)?;
        if self.every_nth == 0 {
            let what = "every_nth is 0; 1 delivers every frame, 2 every other one";
            return Err(Error::InvalidArgument(what.to_owned()));
        }
        let name = self.name.unwrap_or_else(default_name);
        let request = JoinRequest {
            key: self.key,
            name: ConsumerName::new(&name)?,
            mode: self.mode,
            allow_uids: self.allow_uids,
            cuda: self.cuda.filter(|_| !self.packets_only),
            packets: self.packets.map_or(0, packets::request),
            packets_only: self.packets_only,
            keep_descriptor: self.keep_descriptor,
        };
        let (link, mut joined) = request.join(deadline(self.connect_timeout), 0)?;
        let link = Arc::new(link);
        let first = joined.grant.latest_seq.max(1);
        let packets = joined.packets.take().map(PacketStream::new);
        let attachment = Attachment::new(Arc::clone(&link), joined)?;
        Ok(Subscriber {
            request,
            pace: Pace {
                every_nth: self.every_nth,
                min_interval_ns: u64::try_from(self.min_interval.as_nanos()).unwrap_or(u64::MAX),
            },
            connect_timeout: self.connect_timeout,
            reattach: self.reattach,
            spin: self.spin,
            on_event: self.on_event,
            link,
            attachment: Arc::new(attachment),
            packets,
            link_state: LinkState::Open,
            away: None,
            position: Position::start(first, false),
            counters: Counters::default(),
            poller: None,
            generation: sys::generation(),
        })
    }

    /// Connects, and calls `callback` with every frame on a thread of its own, until it breaks
    /// or [`stop`](CallbackSubscriber::stop) is called. The last call has the error that ended
    /// it, if one did.
    pub fn run(
        self,
        callback: impl FnMut(Result<Frame>) -> ControlFlow<()> + Send + 'static,
    ) -> Result<CallbackSubscriber> {
        CallbackSubscriber::start(self.connect()?, callback)
    }
}

/// The program's name and its pid, cut to what a name may be; from the second one of the process
/// on with a number, so that they do not have the same.
fn default_name() -> String {
    static NAMED: AtomicU32 = AtomicU32::new(0);
    let pid = match NAMED.fetch_add(1, Ordering::Relaxed) {
        0 => format!("-{}", std::process::id()),
        number => format!("-{}.{}", std::process::id(), number + 1),
    };
    let program = std::env::current_exe().ok();
    let program = program.as_deref().and_then(std::path::Path::file_name);
    let program = program.map(|name| name.to_string_lossy().into_owned());
    let allowed = |&c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let program = program.unwrap_or_default();
    let mut name: String = program
        .trim_start_matches('.')
        .chars()
        .filter(allowed)
        .collect();
    name.truncate(MAX_NAME - pid.len());
    match name.is_empty() {
        true => format!("subscriber{pid}"),
        false => name + &pid,
    }
}
