//! The newest frame of a key, copied.

use std::thread;
use std::time::{Duration, Instant};

use cuframes::{Error, Frame, FrameLayout, FrameMeta, Mode, Observer, Subscriber};

use cuframes_cli::args::SnapshotArguments;
use cuframes_cli::exit::Failure;

/// Between two looks: nobody wakes an observer.
const PAUSE: Duration = Duration::from_millis(5);

/// A frame.
pub struct Still {
    /// Its number in the stream.
    pub seq: u64,
    /// Rows and planes without padding.
    pub pixels: Vec<u8>,
    /// What they are.
    pub layout: FrameLayout,
    /// What the publisher said about them.
    pub meta: FrameMeta,
    /// Shape of a pixel, (0, 0) unknown.
    pub sar: (u32, u32),
}

impl Still {
    /// A copy of a frame, which goes back to its publisher.
    pub fn of(frame: Frame, sar: (u32, u32)) -> Result<Still, Error> {
        let mut pixels = vec![0; frame.layout().packed_size() as usize];
        frame.copy_to(&mut pixels)?;
        let still = Still {
            seq: frame.seq(),
            pixels,
            layout: *frame.layout(),
            meta: frame.meta(),
            sar,
        };
        frame.release()?;
        Ok(still)
    }
}

/// Copies the newest frame; waits for the first one.
pub fn take(arguments: &SnapshotArguments) -> Result<Still, Failure> {
    let limit = arguments.timeout.0;
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        let copied = observe(arguments);
        let passing = match copied {
            Err(Error::Unsupported(_)) if arguments.cuda => return lent(arguments, deadline),
            Err(error @ (Error::NotFound { .. } | Error::WouldBlock)) => error,
            copied => return Ok(copied?),
        };
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(match passing {
                Error::WouldBlock => Error::Timeout {
                    what: "frame",
                    limit: limit.unwrap_or_default(),
                }
                .into(),
                error => error.into(),
            });
        }
        thread::sleep(PAUSE);
    }
}

fn observe(arguments: &SnapshotArguments) -> Result<Still, Error> {
    let mut observer = Observer::connect(&arguments.key, &arguments.trust.allow_uids)?;
    let mut pixels = Vec::new();
    let copied = observer.copy_newest(&mut pixels)?;
    Ok(Still {
        seq: copied.seq,
        pixels,
        layout: copied.layout,
        meta: copied.meta,
        sar: observer.stream_info().sar,
    })
}

/// The newest frame of a subscription, whose memory is that of a GPU.
fn lent(arguments: &SnapshotArguments, deadline: Option<Instant>) -> Result<Still, Failure> {
    let left = || deadline.map(|when| when.saturating_duration_since(Instant::now()));
    let mut subscriber = Subscriber::builder(&arguments.key)
        .mode(Mode::NewestOnly)
        .connect_timeout(left())
        .allow_uids(&arguments.trust.allow_uids)
        .cuda()
        .connect()?;
    let frame = subscriber.next(left())?;
    Ok(Still::of(frame, subscriber.stream_info().sar)?)
}
