//! The subscriptions of one consumer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags};

use super::{Shared, Source, SourceError, Subscription};

/// From one try to subscribe to the next.
const RETRY: Duration = Duration::from_millis(500);

/// How long a publisher is left alone that lets no more be held: another's return may make room, and
/// does not tell.
const PAUSE: Duration = Duration::from_millis(20);

/// The subscriptions of one consumer.
pub struct Streams<L> {
    shared: Arc<Shared>,
    source: Arc<dyn Source<L>>,
    all: Vec<Stream<L>>,
    /// Which is looked at first: each in turn, so that none keeps others from being seen.
    turn: usize,
}

struct Stream<L> {
    state: State<L>,
    /// Its publisher lets no more be held: it is looked at again then, or after a return.
    paused: Option<Instant>,
    /// It may have a frame: so it is asked, and not only when its descriptor says so.
    may_have: bool,
    is_polled: bool,
    /// Of subscriptions that are over.
    dropped: u64,
}

enum State<L> {
    Here(Box<dyn Subscription<L>>),
    Away { until: Instant },
}

impl<L> Streams<L> {
    /// Subscribes to all that are there.
    pub fn new(shared: Arc<Shared>, source: Arc<dyn Source<L>>, now: Instant) -> Streams<L> {
        let stream = |_: &String| Stream {
            state: State::Away { until: now },
            paused: None,
            may_have: false,
            is_polled: false,
            dropped: 0,
        };
        let all = shared.streams.iter().map(stream).collect();
        let mut streams = Streams {
            shared,
            source,
            all,
            turn: 0,
        };
        streams.subscribe(now);
        streams
    }

    /// Subscribes to those whose time has come.
    pub fn subscribe(&mut self, now: Instant) {
        for (stream, name) in self.all.iter_mut().zip(&self.shared.streams) {
            if matches!(stream.state, State::Away { until } if until <= now) {
                stream.state = match self.source.subscribe(name) {
                    Ok(subscription) => State::Here(subscription),
                    Err(error) => away(&error, now),
                };
                stream.may_have = true;
            }
        }
    }

    /// A frame is back: publishers that let no more be held may let one now.
    pub fn resume(&mut self) {
        for stream in &mut self.all {
            stream.paused = None;
        }
    }

    /// When the next is to be tried.
    pub fn next_try(&self) -> Option<Instant> {
        let until = |stream: &Stream<L>| match stream.state {
            State::Here(_) => stream.paused,
            State::Away { until } => Some(until),
        };
        self.all.iter().filter_map(until).min()
    }

    /// The newest frame of the next stream that has one, and room for it.
    pub fn newest(&mut self, has_room: impl Fn(usize) -> bool, now: Instant) -> Option<(usize, L)> {
        for step in 0..self.all.len() {
            let at = (self.turn + step) % self.all.len();
            let stream = &mut self.all[at];
            if !stream.may_have || !has_room(at) || stream.is_paused(now) {
                continue;
            }
            let State::Here(subscription) = &mut stream.state else {
                continue;
            };
            match subscription.newest() {
                Ok(None) => stream.may_have = false,
                Ok(Some(lease)) => {
                    self.turn = at + 1;
                    return Some((at, lease));
                }
                Err(SourceError::Busy { .. }) => stream.pause(now),
                Err(error) => stream.end(&error, now),
            }
        }
        None
    }

    /// Streams whose publishers had to drop frames.
    pub fn short(&mut self) -> Vec<usize> {
        let all = self.all.iter_mut().enumerate();
        let short = all.filter_map(|(at, stream)| match &mut stream.state {
            State::Here(subscription) => subscription.is_short().then_some(at),
            State::Away { .. } => None,
        });
        short.collect()
    }

    /// Frames that were passed over.
    pub fn dropped(&self) -> u64 {
        self.all.iter().map(Stream::dropped).sum()
    }

    /// Adds what is polled for frames of streams that have room.
    pub fn poll_for<'a>(
        &'a mut self,
        fds: &mut Vec<PollFd<'a>>,
        has_room: impl Fn(usize) -> bool,
        now: Instant,
    ) {
        for stream in &mut self.all {
            let failed = match &mut stream.state {
                State::Away { .. } => None,
                State::Here(subscription) => subscription.fd().err(),
            };
            if let Some(error) = failed {
                stream.end(&error, now);
            }
        }
        for (at, stream) in self.all.iter_mut().enumerate() {
            let is_paused = stream.is_paused(now);
            stream.is_polled = false;
            if let State::Here(subscription) = &mut stream.state
                && has_room(at)
                && !is_paused
                && let Ok(fd) = subscription.fd()
            {
                stream.is_polled = true;
                fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
            }
        }
    }

    /// What was said of those that were polled, in their order.
    pub fn note_ready(&mut self, ready: &[bool]) {
        let polled = self.all.iter_mut().filter(|stream| stream.is_polled);
        for (stream, &is_ready) in polled.zip(ready) {
            stream.may_have |= is_ready;
        }
    }
}

impl<L> Stream<L> {
    fn dropped(&self) -> u64 {
        self.dropped
            + match &self.state {
                State::Here(subscription) => subscription.dropped(),
                State::Away { .. } => 0,
            }
    }

    fn pause(&mut self, now: Instant) {
        self.paused = Some(now + PAUSE);
    }

    fn is_paused(&mut self, now: Instant) -> bool {
        if self.paused.is_some_and(|until| until <= now) {
            self.paused = None;
        }
        self.paused.is_some()
    }

    fn end(&mut self, error: &SourceError, now: Instant) {
        self.dropped = self.dropped();
        self.state = away(error, now);
    }
}

fn away<L>(error: &SourceError, now: Instant) -> State<L> {
    match error {
        SourceError::Away { .. } => tracing::debug!(%error, "a stream is away"),
        _ => tracing::warn!(%error, "a stream is away"),
    }
    State::Away { until: now + RETRY }
}
