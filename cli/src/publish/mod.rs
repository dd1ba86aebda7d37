//! `cuframes publish`.

mod clock;
mod input;
mod summary;

use std::time::Duration;

use cuframes::meta::StreamInfo;
use cuframes::publisher::PublisherBuilder;
use cuframes::{Color, Error, FrameMeta, Publisher, WritableFrame};

use crate::args::{PublishArguments, Source, Stream};
use crate::exit::Failure;
use crate::pattern::Pattern;
use crate::signals::Signals;
use crate::terminal::Progress;

use clock::Clock;
use input::Input;
use summary::Summary;

/// How often a wait for subscribers looks for signals.
const TURN: Duration = Duration::from_millis(100);

/// Publishes until the input or the stream ends, then ends the stream. A signal ends the
/// program without ending the stream.
pub fn run(arguments: &PublishArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    let incomplete = || Failure::Usage("--size, --format and --fps are needed".to_owned());
    let stream = arguments.stream().ok_or_else(incomplete)?;
    let mut publisher = builder(arguments, &stream).build()?;
    wait_subscribers(&publisher, arguments, &signals)?;
    let mut feed = Feed::new(&stream, arguments, &publisher, signals)?;
    let ended = feed.publish_all(&mut publisher);
    feed.progress.clear();
    let summary = Summary::new(&publisher, &stream, feed.offered, &ended);
    // Whole frames before the end of an input that is cut off are a whole stream.
    if matches!(ended, Ok(()) | Err(Failure::Truncated { .. })) {
        publisher.finish()?;
    } else {
        drop(publisher);
    }
    summary.tell(arguments)?;
    ended
}

fn builder(arguments: &PublishArguments, stream: &Stream) -> PublisherBuilder {
    let builder = Publisher::builder(&arguments.key)
        .format(stream.format)
        .size(stream.size.width, stream.size.height)
        .policy(arguments.policy.into())
        .strict_timeout(arguments.strict_timeout)
        .evict_lagging(arguments.evict_lagging)
        .lease_timeout(arguments.lease_timeout.0.unwrap_or_default())
        .allow_uids(&arguments.trust.allow_uids)
        .anonymous(arguments.anonymous)
        .socket_mode(arguments.socket_mode)
        .segment_mode(arguments.segment_mode)
        .stream_info(StreamInfo {
            fps: (stream.fps.num, stream.fps.den),
            ..StreamInfo::default()
        });
    let builder = match arguments.slots {
        Some(slots) => builder.slots(slots),
        None => builder,
    };
    let builder = match arguments.max_subscribers {
        Some(count) => builder.max_subscribers(count),
        None => builder,
    };
    match arguments.max_leases {
        Some(leases) => builder.max_leases(leases),
        None => builder,
    }
}

fn wait_subscribers(
    publisher: &Publisher,
    arguments: &PublishArguments,
    signals: &Signals,
) -> Result<(), Failure> {
    let count = arguments.wait_subscribers;
    let mut left = arguments.wait_timeout.0;
    loop {
        let turn = left.map_or(TURN, |left| left.min(TURN));
        match publisher.wait_subscribers(count, Some(turn)) {
            Ok(()) => return Ok(()),
            Err(Error::Timeout { what, .. }) if left == Some(turn) => {
                let limit = arguments.wait_timeout.0.unwrap_or_default();
                return Err(Error::Timeout { what, limit }.into());
            }
            Err(Error::Timeout { .. }) => left = left.map(|left| left.saturating_sub(turn)),
            Err(error) => return Err(error.into()),
        }
        signals.check()?;
    }
}

/// Frames on their way into the ring.
struct Feed {
    picture: Picture,
    color: Color,
    clock: Clock,
    /// Frames that the input had so far, published or dropped.
    offered: u64,
    limit: Option<u64>,
    signals: Signals,
    progress: Progress,
}

/// What became of a frame of the input.
enum Taken {
    /// It is in its slot.
    Frame(WritableFrame<'static>),
    /// There was no slot for it.
    Dropped,
}

/// What draws the frames.
enum Picture {
    Pattern(Pattern),
    Input(Input),
}

impl Feed {
    fn new(
        stream: &Stream,
        arguments: &PublishArguments,
        publisher: &Publisher,
        signals: Signals,
    ) -> Result<Feed, Failure> {
        let layout = publisher.layout();
        let (picture, color) = match stream.source {
            Source::Pattern => {
                let unknown = || Failure::Usage(format!("no test pattern in {}", layout.format));
                let pattern = Pattern::new(layout).ok_or_else(unknown)?;
                let color = pattern.color();
                (Picture::Pattern(pattern), color)
            }
            Source::Stdin => {
                let input = Input::new(layout, signals.clone())?;
                (Picture::Input(input), Color::default())
            }
        };
        let realtime = matches!(stream.source, Source::Pattern);
        Ok(Feed {
            picture,
            color,
            clock: Clock::new(stream.fps, arguments.realtime.unwrap_or(realtime)),
            offered: 0,
            limit: arguments.frames,
            signals,
            progress: Progress::new(arguments.quiet),
        })
    }

    fn publish_all(&mut self, publisher: &mut Publisher) -> Result<(), Failure> {
        while self.limit.is_none_or(|limit| self.offered < limit) {
            self.clock.wait_for(self.offered, &self.signals)?;
            let slot = publisher.acquire()?;
            match self.fill(slot)? {
                Some(Taken::Frame(frame)) => drop(publisher.publish(frame, &self.meta())?),
                Some(Taken::Dropped) => {}
                None => return Ok(()),
            }
            self.offered += 1;
            let (key, offered) = (publisher.key(), self.offered);
            self.progress.show(|| {
                let stats = publisher.stats();
                let (dropped, readers) = (stats.dropped, stats.subscribers.len());
                format!("{key}: {offered} frames, {dropped} dropped, {readers} subscribers")
            });
            self.signals.check()?;
        }
        Ok(())
    }

    /// Draws the next frame into its slot, or passes over it if there is none. `None` at the
    /// end of the input.
    fn fill(&mut self, slot: Option<WritableFrame<'static>>) -> Result<Option<Taken>, Failure> {
        let number = self.offered;
        match (&mut self.picture, slot) {
            (Picture::Pattern(pattern), Some(mut frame)) => {
                pattern.draw(&mut frame, number);
                Ok(Some(Taken::Frame(frame)))
            }
            (Picture::Pattern(_), None) => Ok(Some(Taken::Dropped)),
            (Picture::Input(input), slot) => input.next(slot, number),
        }
    }

    fn meta(&self) -> FrameMeta {
        FrameMeta {
            pts: Some(self.clock.pts(self.offered)),
            duration: self.clock.pts(1),
            color: self.color,
            ..FrameMeta::default()
        }
    }
}
