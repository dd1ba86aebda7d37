//! The thread that reads frames.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use cuframes::subscriber::SubscriberBuilder;
use cuframes::{Error, Event, Frame, Subscriber};

use cuframes_cli::args::SubArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::{Progress, say};

use super::output::Output;
use super::tally::Tally;

/// How long a stop may go unnoticed.
const TURN: Duration = Duration::from_millis(100);

/// Reads frames, writes them and counts them.
pub struct Reader {
    builder: SubscriberBuilder,
    task: Task,
}

/// What is to be done with a subscription.
struct Task {
    timeout: Option<Duration>,
    frames: u64,
    output: Output,
    tally: Arc<Mutex<Tally>>,
    stop: Arc<AtomicBool>,
    progress: Progress,
}

impl Reader {
    /// Connects nowhere yet.
    pub fn new(
        arguments: &SubArguments,
        output: Output,
        tally: Arc<Mutex<Tally>>,
        stop: Arc<AtomicBool>,
    ) -> Reader {
        Reader {
            builder: builder(arguments),
            task: Task {
                timeout: arguments.timeout.0,
                frames: arguments.frames.unwrap_or(u64::MAX),
                output,
                tally,
                stop,
                progress: Progress::new(arguments.quiet),
            },
        }
    }

    /// Reads until the end of the stream, the wanted number of frames, a failure or a stop.
    pub fn run(self) -> Result<(), Failure> {
        let Reader { builder, mut task } = self;
        let mut subscriber = builder.connect()?;
        task.tally().connected(&subscriber);
        let ended = task.read(&mut subscriber);
        task.progress.clear();
        task.tally().update(&subscriber);
        ended
    }
}

impl Task {
    fn read(&mut self, subscriber: &mut Subscriber) -> Result<(), Failure> {
        for _ in 0..self.frames {
            let Some(frame) = self.next(subscriber)? else {
                return Ok(());
            };
            self.take(frame, subscriber)?;
            let tally = Arc::clone(&self.tally);
            self.progress.show(|| lock(&tally).progress());
        }
        self.tally().complete();
        Ok(())
    }

    /// The next frame; `None` at the end of the stream, or when it is time to stop.
    fn next(&self, subscriber: &mut Subscriber) -> Result<Option<Frame>, Failure> {
        let started = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let left = self
                .timeout
                .map(|limit| limit.saturating_sub(started.elapsed()));
            let turn = left.map_or(TURN, |left| left.min(TURN));
            match subscriber.next(Some(turn)) {
                Ok(frame) => return Ok(Some(frame)),
                Err(Error::EndOfStream { .. }) => return Ok(None),
                Err(Error::Timeout { .. } | Error::WouldBlock) if left != Some(turn) => {}
                Err(Error::Timeout { .. } | Error::WouldBlock) => {
                    let (what, limit) = ("new frame", self.timeout.unwrap_or_default());
                    return Err(Error::Timeout { what, limit }.into());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Writes and counts a frame. It is given back first: a slow output holds no slot, and a
    /// frame that may be torn is not written.
    fn take(&mut self, frame: Frame, subscriber: &Subscriber) -> Result<(), Failure> {
        let now_ns = cuframes::now_ns();
        let sar = subscriber.stream_info().sar;
        let fps = subscriber.stream_info().fps;
        let (meta, layout) = (frame.meta(), *frame.layout());
        let (seq, publish_ns) = (frame.seq(), frame.publish_ns());
        self.output.copy(&frame)?;
        frame.release()?;
        self.output.write(&layout, &meta, sar, fps)?;
        let mut tally = self.tally();
        tally.count(seq, now_ns.saturating_sub(publish_ns), &layout);
        tally.update(subscriber);
        Ok(())
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        lock(&self.tally)
    }
}

/// Counts are whole even if somebody panicked while having them.
pub fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn builder(arguments: &SubArguments) -> SubscriberBuilder {
    let builder = Subscriber::builder(&arguments.key)
        .mode(arguments.mode())
        .every_nth(arguments.every)
        .min_interval(arguments.min_interval)
        .connect_timeout(arguments.connect_timeout.0)
        .reattach(!arguments.no_reattach)
        .spin(arguments.spin)
        .allow_uids(&arguments.trust.allow_uids);
    let builder = match (arguments.cuda_device, arguments.cuda) {
        (Some(ordinal), _) => builder.cuda_device(ordinal),
        (None, true) => builder.cuda(),
        (None, false) => builder,
    };
    let builder = match &arguments.name {
        Some(name) => builder.name(name),
        None => builder,
    };
    match arguments.quiet {
        true => builder,
        false => {
            let key = arguments.key.clone();
            builder.on_event(move |event| say(&sentence(&key, event)))
        }
    }
}

fn sentence(key: &str, event: &Event) -> String {
    match event {
        Event::Disconnected => format!("{key}: the publisher is gone without an end of stream"),
        Event::Reattached { .. } => format!("{key}: published again"),
        Event::Reconfigured { layout, .. } => format!(
            "{key}: from here on {}x{} {} ({})",
            layout.width,
            layout.height,
            layout.format,
            layout.format.fourcc_name()
        ),
        _ => format!("{key}: {event:?}"),
    }
}
