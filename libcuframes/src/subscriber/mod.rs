//! Subscribing: the frames of a key, read in place.

mod attachment;
mod builder;
mod callback;
mod frame;
mod stats;

use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::format::FrameLayout;
use crate::meta::StreamInfo;
use crate::ring::Found;
use crate::session::{JoinRequest, Link, LinkState};
use crate::sys::{self, Poller};
use crate::wire::{CloseReason, ErrorCode, Mode, StreamState};

pub use builder::SubscriberBuilder;
pub use callback::CallbackSubscriber;
pub use frame::Frame;
pub use stats::{Event, SubscriberStats};

use attachment::Attachment;
use builder::{EventHandler, Pace};
use stats::Counters;

/// Longest sleep without a look at the socket: a dead publisher wakes nobody.
const LONGEST_SLEEP: Duration = Duration::from_millis(100);
/// How often a frame may be lost to the publisher between finding and leasing it before the
/// socket is looked at again.
const LOST_TURNS: usize = 64;
/// How long the message about a new epoch may take after the word about it.
const RECONFIGURE_TIME: Duration = Duration::from_secs(2);

/// Reads the frames of a key in place.
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
    position: Position,
    counters: Counters,
    /// Made when the descriptor is first asked for.
    poller: Option<Poller>,
    generation: sys::Generation,
}

/// Where in the stream the subscriber is.
#[derive(Clone, Copy, Debug)]
struct Position {
    /// The first sequence wanted next.
    wanted: u64,
    /// The sequence last delivered on this publisher, 0 none.
    last: u64,
    /// `publish_ns` of the frame last delivered.
    last_ns: u64,
    /// The next frame is the first of a new epoch.
    discontinuity: bool,
    /// What was passed over before the next frame was not missed.
    fresh: bool,
}

/// What one look at the ring brought.
enum Look {
    Frame(Frame),
    Nothing { seen: u32 },
    Rejoin,
    Ended,
    Gone,
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
        self.attachment.pool.layout()
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

    /// The next frame. `None` waits for ever, zero polls and gives
    /// [`WouldBlock`](Error::WouldBlock), anything else gives [`Timeout`](Error::Timeout) when
    /// it is over.
    ///
    /// After the last frame of a stream it is [`EndOfStream`](Error::EndOfStream), now and
    /// ever after. A publisher that is gone without one is waited for up to the connect
    /// time-out; then it is [`Disconnected`](Error::Disconnected).
    pub fn next(&mut self, timeout: Option<Duration>) -> Result<Frame> {
        if !self.generation.is_current() {
            return Err(self.request.disconnected());
        }
        // The clock is read only when there is nothing to deliver.
        let mut waiting = Waiting::new(timeout);
        loop {
            let seen = match self.look()? {
                Look::Frame(frame) => return Ok(frame),
                Look::Nothing { seen } => seen,
                Look::Rejoin => {
                    self.rejoin()?;
                    continue;
                }
                Look::Ended => {
                    self.link.detach();
                    return Err(self.end_of_stream());
                }
                Look::Gone => {
                    self.reattach()?;
                    continue;
                }
            };
            if self.look_at_socket() {
                continue;
            }
            match waiting.left() {
                Some(left) => self.sleep(seen, left),
                None if timeout == Some(Duration::ZERO) => {
                    if self.arm_poller() {
                        return Err(Error::WouldBlock);
                    }
                }
                None => {
                    return Err(Error::Timeout {
                        what: "new frame",
                        limit: timeout.unwrap_or_default(),
                    });
                }
            }
        }
    }

    /// One look, in the order that loses no last frame: evicted; what the socket said before;
    /// the state; the newest sequence; a frame; and only then the reasons to stop.
    fn look(&mut self) -> Result<Look> {
        let attachment = Arc::clone(&self.attachment);
        let reader = &attachment.reader;
        if reader.evicted() != 0 {
            return Err(self.evicted(reader.evicted()));
        }
        let link_state = self.link_state;
        let state = attachment.state();
        let seen = reader.futex_value();
        if let Some(frame) = self.take_frame()? {
            return Ok(Look::Frame(frame));
        }
        Ok(match (state, link_state) {
            (StreamState::Reconfigured, _) | (_, LinkState::Reconfigured(_)) => Look::Rejoin,
            (StreamState::Closed, _) => Look::Ended,
            (_, LinkState::Closing(CloseReason::Evicted)) => {
                return Err(self.evicted(reader.evicted()));
            }
            (_, LinkState::Closing(_) | LinkState::Gone) => match reader.evicted() {
                0 => Look::Gone,
                code => return Err(self.evicted(code)),
            },
            (StreamState::Live, LinkState::Open) => Look::Nothing { seen },
        })
    }

    /// Finds, leases and accounts for the next frame, if there is one.
    fn take_frame(&mut self) -> Result<Option<Frame>> {
        for _ in 0..LOST_TURNS {
            let latest = self.attachment.reader.latest();
            let wanted = match self.request.mode {
                _ if latest < self.position.wanted => return Ok(None),
                Mode::StrictOrder => self.position.wanted,
                Mode::NewestOnly => latest,
            };
            let Some(found) = self.attachment.reader.find(wanted, latest) else {
                return Ok(None);
            };
            let Some(frame) = Attachment::lease(&self.attachment, found)? else {
                continue;
            };
            if self
                .pace
                .is_too_early(self.position.last_ns, frame.publish_ns())
            {
                self.skip(found);
                continue;
            }
            return Ok(Some(self.deliver(found, frame)));
        }
        Ok(None)
    }

    /// Passes over a frame that comes too soon after the last one.
    fn skip(&mut self, found: Found) {
        self.count_passed(found.seq);
        self.counters.skipped += 1;
        self.position.wanted = found.seq + 1;
        self.position.fresh = false;
        self.attachment.pass(found.seq);
    }

    fn deliver(&mut self, found: Found, mut frame: Frame) -> Frame {
        self.count_passed(found.seq);
        self.counters.received += 1;
        self.counters.last_seq = found.seq;
        if std::mem::take(&mut self.position.discontinuity) {
            frame.mark_discontinuity();
        }
        let next = found.seq + 1;
        self.position = Position {
            wanted: found.seq + u64::from(self.pace.every_nth),
            last: found.seq,
            last_ns: frame.publish_ns(),
            discontinuity: false,
            fresh: false,
        };
        // What will not be delivered is consumed with the frame before it.
        self.attachment
            .pass(self.position.wanted.saturating_sub(1).max(next - 1));
        self.attachment.tell(&self.counters, frame.publish_ns());
        frame
    }

    /// Accounts for the sequences between the last frame and the one found: those that the
    /// pace asked to leave out are skipped, the others are missed.
    fn count_passed(&mut self, found: u64) {
        if self.position.fresh {
            return;
        }
        let Position { wanted, last, .. } = self.position;
        let left_out = wanted.saturating_sub(last + 1).min(found - last - 1);
        let passed = if last == 0 { 0 } else { found - last - 1 };
        let skipped = if last == 0 { 0 } else { left_out };
        self.counters.skipped += skipped;
        self.counters.missed += passed - skipped;
        self.position.last = found;
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

    /// Spins a little, then sleeps until the publisher does something.
    fn sleep(&mut self, seen: u32, left: Duration) {
        let reader = &self.attachment.reader;
        if !self.spin.is_zero() {
            let started = Instant::now();
            while started.elapsed() < self.spin.min(left) {
                if reader.futex_value() != seen {
                    return;
                }
                std::hint::spin_loop();
            }
        }
        self.attachment.sleep(seen, left.min(LONGEST_SLEEP));
    }

    /// Everyone is to join again on the same connection: the picture has another geometry.
    fn rejoin(&mut self) -> Result<()> {
        let deadline = Instant::now() + RECONFIGURE_TIME;
        // The word in memory can be seen before the message, and HELLO may only follow that.
        while self.link_state == LinkState::Open {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.link_state = LinkState::Gone;
            } else if !self.look_at_socket() {
                self.link.wait(left);
            }
        }
        if !matches!(self.link_state, LinkState::Reconfigured(_)) {
            return self.reattach();
        }
        let consumed = self.position.wanted.saturating_sub(1);
        match self.request.rejoin(&self.link, self.epoch(), consumed) {
            Ok(joined) => {
                self.link_state = LinkState::Open;
                self.attach(Attachment::new(Arc::clone(&self.link), joined));
                self.position.discontinuity = true;
                let event = Event::Reconfigured {
                    epoch: self.epoch(),
                    layout: *self.layout(),
                };
                self.tell(&event);
                Ok(())
            }
            Err(error) if error.code() == ErrorCode::Disconnected => self.reattach(),
            Err(error) => Err(error),
        }
    }

    /// The publisher is gone: waits for the key to come back.
    fn reattach(&mut self) -> Result<()> {
        self.link.detach();
        self.tell(&Event::Disconnected);
        if !self.reattach {
            return Err(self.request.disconnected());
        }
        let deadline = deadline(self.connect_timeout);
        let old_epoch = self.epoch();
        let joined = self.request.join(deadline, old_epoch);
        let (link, joined) = joined.map_err(|error| match error.code() {
            ErrorCode::NotFound => self.request.disconnected(),
            _ => error,
        })?;
        self.link = Arc::new(link);
        self.link_state = LinkState::Open;
        let mut first = joined.grant.latest_seq.max(1);
        self.attach(Attachment::new(Arc::clone(&self.link), joined));
        if self.epoch() == old_epoch {
            // Only the connection was lost: nothing is delivered twice.
            first = first.max(self.position.wanted);
        }
        self.position = Position::start(first, true);
        self.counters.reattached += 1;
        let epoch = self.epoch();
        self.tell(&Event::Reattached { epoch });
        Ok(())
    }

    fn attach(&mut self, attachment: Attachment) {
        self.attachment = Arc::new(attachment);
        if let Some(poller) = self.poller.take() {
            // A new descriptor would be a surprise: the same set gets new members.
            self.poller = match self.fill(&poller) {
                Ok(()) => Some(poller),
                Err(error) => {
                    tracing::warn!(%error, "the subscriber's descriptor is of no more use");
                    None
                }
            };
        }
    }

    fn fill(&self, poller: &Poller) -> std::io::Result<()> {
        // The connection stays the same over a reconfiguration; then it is there already.
        let socket = self.link.with_socket(|socket| poller.add(socket, 0));
        match socket {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
            _ => poller.add(&self.attachment.notify, 1),
        }
    }

    /// Before "nothing" is said to somebody who polls the descriptor: asks to be poked, and
    /// tells whether there is still nothing.
    fn arm_poller(&self) -> bool {
        if self.poller.is_none() {
            return true;
        }
        let reader = &self.attachment.reader;
        let seen = reader.futex_value();
        sys::drain(&self.attachment.notify);
        reader.ask_notify();
        let newest = reader.latest();
        newest < self.position.wanted && reader.futex_value() == seen
    }

    /// A descriptor for an event loop: when it is readable, call
    /// [`next`](Subscriber::next) with a zero time-out until it gives
    /// [`WouldBlock`](Error::WouldBlock). It stays the same for the life of the subscriber.
    pub fn poll_fd(&mut self) -> Result<BorrowedFd<'_>> {
        if self.poller.is_none() {
            let failed = || Error::system("make a descriptor to poll");
            let poller = Poller::new().map_err(failed())?;
            self.fill(&poller).map_err(failed())?;
            self.poller = Some(poller);
            self.attachment.reader.ask_notify();
        }
        match &self.poller {
            Some(poller) => Ok(poller.as_fd()),
            None => Err(Error::WouldBlock),
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

impl Position {
    /// The start of a subscription: `first` is wanted, and nothing before it was missed.
    fn start(first: u64, discontinuity: bool) -> Self {
        Position {
            wanted: first,
            last: 0,
            last_ns: 0,
            discontinuity,
            fresh: true,
        }
    }
}

/// How long a call of `next` may still take.
struct Waiting {
    timeout: Option<Duration>,
    deadline: Option<Instant>,
}

impl Waiting {
    fn new(timeout: Option<Duration>) -> Self {
        Waiting {
            timeout,
            deadline: None,
        }
    }

    /// What is left; `None` if the time is over.
    fn left(&mut self) -> Option<Duration> {
        let Some(timeout) = self.timeout else {
            return Some(Duration::MAX);
        };
        if timeout.is_zero() {
            return None;
        }
        let now = Instant::now();
        let deadline = match self.deadline {
            Some(deadline) => deadline,
            None => *self.deadline.insert(now.checked_add(timeout)?),
        };
        Some(deadline.saturating_duration_since(now)).filter(|left| !left.is_zero())
    }
}

fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    Instant::now().checked_add(timeout?)
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
