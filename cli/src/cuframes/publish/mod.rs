//! `cuframes publish`.

mod clock;
mod input;

use cuframes::meta::StreamInfo;
use cuframes::{Color, FrameMeta, MemoryKind, Publisher};
use program::signals::Signals;

use cuframes_cli::args::{PublishArguments, Source, Stream};
use cuframes_cli::exit::Failure;
use cuframes_cli::planes::{Planes, Staging};
use cuframes_cli::publishing::{builder, tell_choice, wait_subscribers};
use cuframes_cli::summary::Summary;
use cuframes_cli::terminal::Progress;

use crate::media;
use crate::pattern::Pattern;

use clock::Clock;
use input::Input;

/// Publishes until the input or the stream ends, then ends the stream. A signal ends the
/// program without ending the stream. What FFmpeg has to open, the other program publishes.
pub fn run(arguments: &PublishArguments) -> Result<(), Failure> {
    arguments.check().map_err(Failure::Usage)?;
    if arguments.needs_ffmpeg() {
        return Err(media::replace());
    }
    let signals = Signals::catch()?;
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
