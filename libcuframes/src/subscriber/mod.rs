//! Subscribing: the frames of a key, read in place.

mod attachment;
mod awaiting;
mod builder;
mod callback;
mod device;
mod ending;
mod frame;
mod gpu;
mod guardian;
mod looking;
mod packets;
mod polling;
mod position;
mod rejoin;
mod shared;
mod stats;
mod waiting;

use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::StreamInfo;
use crate::session::{JoinRequest, Link, LinkState};
use crate::sys;
use crate::wire::ErrorCode;

pub use builder::SubscriberBuilder;
pub use callback::CallbackSubscriber;
pub use frame::Frame;
pub use shared::{SharedFrame, SharedPlane};
pub use stats::{Event, SubscriberStats};

use attachment::Attachment;
use awaiting::Awaited;
use builder::{EventHandler, Pace};
use packets::PacketStream;
use polling::PollSet;
use position::Position;
use rejoin::Away;
use stats::Counters;
use waiting::deadline;

/// Reads the frames of a key in place, and copies of its packets.
///
/// ```no_run
/// use std::time::Duration;
/// use cuframes::{Mode, Subscriber};
///
/// let mut subscriber = Subscriber::builder("cam1").mode(Mode::StrictOrder).connect()?;
/// loop {
///     match subscriber.next(Some(Duration::from_secs(1))) {
///         Ok(frame) => println!("{} at {:?}", frame.seq(), frame.pts()),
///         Err(cuframes::Error::EndOfStream { .. }) => break,
///         Err(error) => return Err(error),
///     }
/// }
/// # Ok::<(), cuframes::Error>(())
/// ```
pub struct Subscriber {
    request: JoinRequest,
    pace: Pace,
    connect_timeout: Option<Duration>,
    reattach: bool,
    spin: Duration,
    on_event: Option<EventHandler>,
    link: Arc<Link>,
    attachment: Arc<Attachment>,
    link_state: LinkState,
    away: Option<Away>,
    position: Position,
    packets: Option<PacketStream>,
    counters: Counters,
    /// Made when the descriptor is first asked for.
    poller: Option<PollSet>,
    generation: sys::Generation,
}

impl Subscriber {
    /// Starts to describe a subscriber to `key`.
    pub fn builder(key: &str) -> SubscriberBuilder {
        SubscriberBuilder::new(key)
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.request.key
    }

    /// The name under which the publisher knows this subscriber.
    pub fn name(&self) -> &str {
        self.request.name.as_str()
    }

    /// Planes, pitches and sizes of the frames of the current epoch.
    pub fn layout(&self) -> &FrameLayout {
        &self.attachment.layout
    }

    /// What the publisher says about its stream.
    pub fn stream_info(&self) -> StreamInfo {
        StreamInfo::from(self.attachment.geometry.stream)
    }

    /// Random number of the publisher's start or reconfiguration.
    pub fn epoch(&self) -> u64 {
        self.attachment.geometry.epoch
    }

    /// Frames that may be held at a time.
    pub fn max_leases(&self) -> u32 {
        self.attachment.max_leases
    }

    /// Changes how long a publisher that is gone is waited for, from the next disconnection on.
    pub fn set_connect_timeout(&mut self, limit: Option<Duration>) {
        self.connect_timeout = limit;
    }

    /// The next frame. `None` waits for ever, zero polls and gives
    /// [`WouldBlock`](Error::WouldBlock), anything else gives [`Timeout`](Error::Timeout) when
    /// it is over.
    ///
    /// After the last frame of a stream it is [`EndOfStream`](Error::EndOfStream), now and
    /// ever after. A publisher that is gone without one is waited for up to the connect
    /// time-out, over as many calls as that takes; then it is
    /// [`Disconnected`](Error::Disconnected). A publisher that ends a subscription which it had
    /// granted says why: [`Refused`](Error::Refused), now and ever after.
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Frame> {
        self.wait_for(timeout, Awaited::Frame, Self::look)
    }

    /// Counters of this subscriber.
    pub fn stats(&self) -> SubscriberStats {
        SubscriberStats {
            latest_seq: self.attachment.reader.latest(),
            publisher_dropped: self.attachment.publisher_dropped(),
            leases: self.attachment.leases(),
            ..self.counters.into()
        }
    }

    fn tell(&mut self, event: &Event) {
        tracing::info!(key = self.request.key, ?event, "subscription changed");
        if let Some(handler) = &mut self.on_event {
            handler(event);
        }
    }

    fn evicted(&self, code: i32) -> Error {
        Error::Evicted {
            key: self.request.key.clone(),
            why: ErrorCode::from_i32(code).unwrap_or(ErrorCode::Evicted),
        }
    }

    fn end_of_stream(&self) -> Error {
        Error::EndOfStream {
            key: self.request.key.clone(),
        }
    }
}

impl std::fmt::Debug for Subscriber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscriber")
            .field("key", &self.request.key)
            .field("name", &self.request.name)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}
