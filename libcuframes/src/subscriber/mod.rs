//! Subscribing: the frames of a key, read in place.

mod attachment;
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
mod stats;
mod waiting;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::StreamInfo;
use crate::session::{JoinRequest, Link, LinkState, RETRY};
use crate::sys;
use crate::wire::ErrorCode;

pub use builder::SubscriberBuilder;
pub use callback::CallbackSubscriber;
pub use frame::Frame;
pub use stats::{Event, SubscriberStats};

use attachment::Attachment;
use builder::{EventHandler, Pace};
use looking::Look;
use packets::PacketStream;
use polling::PollSet;
use position::Position;
use rejoin::Away;
use stats::Counters;
use waiting::{Waiting, deadline};

/// Longest sleep or spin without a look at the socket: a dead publisher wakes nobody. The
/// protocol allows 100 ms; a fifth of it is left for the kernel to take down the dead process,
/// whose socket closes last.
const LONGEST_SLEEP: Duration = Duration::from_millis(80);
/// How often a frame that was delivered already may wake its reader afterwards: the publisher
/// first shows it, then changes the futex, then wakes.
const LATE_WAKES: u32 = 3;
/// Between two looks whether a stream has ended a lease that is in the way of the next one.
const STREAM_TURN: Duration = Duration::from_micros(100);

/// What a call waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaited {
    Frame,
    Packet,
}

impl Awaited {
    fn name(self) -> &'static str {
        match self {
            Awaited::Frame => "new frame",
            Awaited::Packet => "new packet",
        }
    }
}

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

    /// Looks until there is what is awaited, and sleeps where nothing is.
    fn wait_for<T>(
        &mut self,
        timeout: Option<Duration>,
        awaited: Awaited,
        mut look: impl FnMut(&mut Self) -> Result<Look<T>>,
    ) -> Result<T> {
        if !self.generation.is_current() {
            return Err(self.request.disconnected());
        }
        // The clock is read only when there is nothing to deliver.
        let mut waiting = Waiting::new(timeout);
        // The socket is looked at only when the ring had nothing although it was waited for: a
        // reader that is woken frame by frame makes no other system call than to sleep.
        let mut turns = 0;
        loop {
            let seen = match look(self)? {
                Look::Found(found) => return Ok(found),
                Look::Nothing { seen } => Some(seen),
                Look::Away => None,
                Look::Busy => match waiting.left() {
                    Some(left) => {
                        std::thread::sleep(STREAM_TURN.min(left));
                        continue;
                    }
                    None => return Err(self.busy(awaited, timeout)),
                },
                Look::Rejoin => match self.rejoin()? {
                    true => continue,
                    // Frames that are still held keep memory which has to be closed first.
                    false => None,
                },
                Look::Ended => {
                    if awaited == Awaited::Frame || self.request.packets_only {
                        self.link.detach();
                    }
                    return Err(self.end_of_stream());
                }
                Look::Gone => {
                    self.leave();
                    continue;
                }
            };
            let left = waiting.left();
            let idle = left.is_none() || turns >= LATE_WAKES;
            if idle && self.away.is_none() && self.look_at_socket() {
                continue;
            }
            match left {
                Some(left) => {
                    let woken = self.sleep(awaited, seen, left);
                    turns = if woken { turns + 1 } else { LATE_WAKES };
                }
                None if timeout == Some(Duration::ZERO) => {
                    let armed = match awaited {
                        Awaited::Frame => self.arm_poller(),
                        Awaited::Packet => self.arm_packet_poller(),
                    };
                    if armed {
                        return Err(Error::WouldBlock);
                    }
                }
                None => {
                    return Err(Error::Timeout {
                        what: awaited.name(),
                        limit: timeout.unwrap_or_default(),
                    });
                }
            }
        }
    }

    /// Looks at the socket; true if it told something, so that the ring is to be looked at
    /// once more.
    fn look_at_socket(&mut self) -> bool {
        match self.link.look() {
            LinkState::Open => false,
            // It crossed the HELLO with which this epoch was joined.
            LinkState::Reconfigured(epoch) if epoch == self.epoch() => false,
            told => std::mem::replace(&mut self.link_state, told) != told,
        }
    }

    /// Spins a little, then sleeps until the publisher does something after `seen`; false if it
    /// did nothing. Without a publisher (`None`) it sleeps until the next try to find one.
    fn sleep(&mut self, awaited: Awaited, seen: Option<u32>, left: Duration) -> bool {
        let Some(seen) = seen else {
            std::thread::sleep(RETRY.min(left));
            return false;
        };
        if !self.spin.is_zero() {
            let (started, spin) = (Instant::now(), self.spin.min(left).min(LONGEST_SLEEP));
            while started.elapsed() < spin {
                if self.futex_value(awaited) != seen {
                    return true;
                }
                std::hint::spin_loop();
            }
            if spin < self.spin {
                return false;
            }
        }
        let limit = left.min(LONGEST_SLEEP);
        match (awaited, &self.packets) {
            (Awaited::Packet, Some(packets)) => packets.sleep(&self.attachment, seen, limit),
            _ => self.attachment.sleep(seen, limit),
        }
    }

    /// The word that moves with what is awaited.
    fn futex_value(&self, awaited: Awaited) -> u32 {
        match (awaited, &self.packets) {
            (Awaited::Packet, Some(packets)) => packets.futex_value(),
            _ => self.attachment.reader.futex_value(),
        }
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

    /// The time is over, and leases that streams are to end, or parameters that are just being
    /// written, were in the way of the next one.
    fn busy(&self, awaited: Awaited, timeout: Option<Duration>) -> Error {
        match timeout {
            Some(Duration::ZERO) => {
                self.poll_for_streams();
                Error::WouldBlock
            }
            limit => Error::Timeout {
                what: match awaited {
                    Awaited::Frame => "stream that ends a lease",
                    Awaited::Packet => "codec parameters of the next packet",
                },
                limit: limit.unwrap_or_default(),
            },
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
