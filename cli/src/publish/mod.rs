//! `cuframes publish`.

mod clock;
mod input;
mod planes;
mod summary;

use std::time::Duration;

use cuframes::meta::StreamInfo;
use cuframes::publisher::PublisherBuilder;
use cuframes::{Color, Error, FrameMeta, MemoryKind, Publisher};

use crate::args::{MemoryName, PublishArguments, Source, Stream, SyncName};
use crate::exit::Failure;
use crate::ingest;
use crate::pattern::Pattern;
use crate::report;
use crate::signals::Signals;
use crate::terminal::{Progress, say};

use clock::Clock;
use input::Input;
pub use planes::Planes;
pub use planes::Staging;
pub use summary::Summary;

/// How often a wait for subscribers looks for signals.
const TURN: Duration = Duration::from_millis(100);

/// Publishes until the input or the stream ends, then ends the stream. A signal ends the
/// program without ending the stream.
pub fn run(arguments: &PublishArguments) -> Result<(), Failure> {
    let signals = Signals::catch()?;
    arguments.check().map_err(Failure::Usage)?;
    if let Some(input) = arguments.film() {
        return ingest::run(arguments, input, signals);
    }
    let incomplete = || Failure::Usage("--size, --format and --fps are needed".to_owned());
    let stream = arguments.stream().ok_or_else(incomplete)?;
    let mut publisher = builder(arguments)
        .format(stream.format)
        .size(stream.size.width, stream.size.height)
        .stream_info(StreamInfo {
            fps: (stream.fps.num, stream.fps.den),
            ..StreamInfo::default()
        })
        .build()?;
    tell_choice(&publisher, arguments);
    wait_subscribers(&publisher, arguments, &signals)?;
    let mut feed = Feed::new(&stream, arguments, &publisher, signals)?;
    let ended = feed.publish_all(&mut publisher);
    feed.progress.clear();
    let mut summary = Summary::new(&publisher, &stream.fps.to_string(), feed.offered, &ended);
    // Whole frames before the end of an input that is cut off are a whole stream.
    if matches!(ended, Ok(()) | Err(Failure::Truncated { .. })) {
        summary.count(&publisher.finish()?);
    } else {
        summary.count(&publisher.stats());
        drop(publisher);
    }
    summary.tell(arguments)?;
    ended
}

/// A publisher by all arguments that do not tell the picture.
pub fn builder(arguments: &PublishArguments) -> PublisherBuilder {
    let builder = Publisher::builder(&arguments.key)
        .memory(arguments.memory.into())
        .sync(arguments.sync.into())
        .cuda_device(arguments.cuda_device)
        .policy(arguments.policy.into())
        .strict_timeout(arguments.strict_timeout)
        .evict_lagging(arguments.evict_lagging)
        .lease_timeout(arguments.lease_timeout.0.unwrap_or_default())
        .allow_uids(&arguments.trust.allow_uids)
        .anonymous(arguments.anonymous)
        .socket_mode(arguments.socket_mode)
        .segment_mode(arguments.segment_mode);
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

/// What `auto` chose is never silent.
pub fn tell_choice(publisher: &Publisher, arguments: &PublishArguments) {
    let (memory, sync) = (publisher.memory(), publisher.sync());
    let chosen = arguments.memory == MemoryName::Auto
        || arguments.sync == SyncName::Auto && memory != MemoryKind::Host;
    if chosen && !arguments.quiet {
        say(&format!(
            "{}: memory {}, sync {}",
            publisher.key(),
            report::memory(memory),
            report::sync(sync)
        ));
    }
}

/// Waits for as many as are asked for, or until a signal comes.
pub fn wait_subscribers(
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
    /// Where frames are drawn that are on a GPU.
    staging: Option<Staging>,
    color: Color,
    clock: Clock,
    /// Frames that the input had so far, published or dropped.
    offered: u64,
    limit: Option<u64>,
    signals: Signals,
    progress: Progress,
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
            staging: (publisher.memory() != MemoryKind::Host).then(|| Staging::new(layout)),
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
            if !self.publish_next(publisher)? {
                return Ok(());
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

    /// Draws the next frame and publishes it, or passes over it if no slot is free. False at
    /// the end of the input.
    fn publish_next(&mut self, publisher: &mut Publisher) -> Result<bool, Failure> {
        let meta = self.meta();
        if let Some(staging) = &mut self.staging {
            let drawn = self.picture.next(Some(staging), self.offered)?;
            if drawn {
                publisher.publish_copy(&staging.planes(), &meta)?;
            }
            return Ok(drawn);
        }
        let mut slot = publisher.acquire()?;
        let place = slot.as_mut().map(|frame| frame as &mut dyn Planes);
        let drawn = self.picture.next(place, self.offered)?;
        if let Some(frame) = slot.filter(|_| drawn) {
            publisher.publish(frame, &meta)?;
        }
        Ok(drawn)
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

impl Picture {
    /// Draws frame `number` into `place`, or passes over it if there is none. False at the end
    /// of the input.
    fn next(&mut self, place: Option<&mut dyn Planes>, number: u64) -> Result<bool, Failure> {
        match (self, place) {
            (Picture::Pattern(pattern), Some(place)) => pattern.draw(place, number),
            (Picture::Pattern(_), None) => {}
            (Picture::Input(input), place) => return input.next(place, number),
        }
        Ok(true)
    }
}
