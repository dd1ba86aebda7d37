//! A frame, and what was found in it: whichever of them comes later.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use cuframes::{Error, ErrorCode, Mode, Subscriber};
use frame_lending::gateway::{Listener, ListenerOptions};
use frame_lending::message::{Detection, DetectionMessage, Status};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::os::fd::AsFd;

use cuframes_cli::args::SnapshotArguments;
use cuframes_cli::exit::Failure;

use super::newest::Still;

/// Bytes of frames that wait for their detections: a second of 4K, or five of 1080p.
const ROOM: usize = 512 << 20;
/// Detections that wait for their frames.
const MESSAGES: usize = 256;

/// Waits for a frame whose detections are known.
pub fn take(arguments: &SnapshotArguments) -> Result<(Still, Vec<Detection>), Failure> {
    let limit = arguments.timeout.0;
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    let left = || deadline.map(|when| when.saturating_duration_since(Instant::now()));
    let mut listener = Listener::connect(&ListenerOptions {
        allow_uids: arguments.trust.allow_uids.clone(),
        patience: limit,
        ..ListenerOptions::at(&arguments.gateway)
    })?;
    let builder = || {
        Subscriber::builder(&arguments.key)
            .mode(Mode::NewestOnly)
            .connect_timeout(left())
            .allow_uids(&arguments.trust.allow_uids)
    };
    // A driver is looked for only if the frames want one.
    let mut subscriber = match builder().connect() {
        Err(error) if arguments.cuda && error.code() == ErrorCode::Unsupported => {
            builder().cuda().connect()?
        }
        connected => connected?,
    };
    let mut pairing = Pairing::default();
    loop {
        let message = listener.next(Some(Duration::ZERO))?;
        let still = newest(&mut subscriber)?;
        let is_quiet = message.is_none() && still.is_none();
        let pair = message
            .filter(|message| message.stream_id == arguments.key)
            .and_then(|message| pairing.hear(message))
            .or_else(|| still.and_then(|still| pairing.see(still)));
        if let Some(pair) = pair {
            return Ok(pair);
        }
        if left().is_some_and(|left| left.is_zero()) {
            return Err(Failure::Library(Error::Timeout {
                what: "frame with detections",
                limit: limit.unwrap_or_default(),
            }));
        }
        if is_quiet {
            wait(&mut subscriber, &listener, left())?;
        }
    }
}

/// A copy of the newest frame, if there is one that was not there before.
fn newest(subscriber: &mut Subscriber) -> Result<Option<Still>, Failure> {
    match subscriber.next(Some(Duration::ZERO)) {
        Ok(frame) => Ok(Some(Still::of(frame, subscriber.stream_info().sar)?)),
        Err(Error::WouldBlock | Error::Timeout { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn wait(
    subscriber: &mut Subscriber,
    listener: &Listener,
    left: Option<Duration>,
) -> Result<(), Failure> {
    let frames = subscriber.poll_fd()?;
    let mut fds = [frames, listener.as_fd()].map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
    // A time beyond what the kernel can count is for ever.
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut fds, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(Failure::io("wait for frames and detections")(error.into())),
    }
}

/// Frames and detections that have not met.
#[derive(Default)]
struct Pairing {
    stills: VecDeque<Still>,
    bytes: usize,
    messages: VecDeque<DetectionMessage>,
}

impl Pairing {
    /// Detections came; those of a model that failed are none.
    fn hear(&mut self, message: DetectionMessage) -> Option<(Still, Vec<Detection>)> {
        if message.status != Status::Success {
            return None;
        }
        let mut stills = self.stills.iter();
        if let Some(place) = stills.position(|still| is_of(&message, still)) {
            let still = self.stills.remove(place)?;
            return Some((still, message.detections));
        }
        if self.messages.len() == MESSAGES {
            self.messages.pop_front();
        }
        self.messages.push_back(message);
        None
    }

    /// A frame came.
    fn see(&mut self, still: Still) -> Option<(Still, Vec<Detection>)> {
        let mut messages = self.messages.iter();
        if let Some(place) = messages.position(|message| is_of(message, &still)) {
            let message = self.messages.remove(place)?;
            return Some((still, message.detections));
        }
        self.bytes += still.pixels.len();
        self.stills.push_back(still);
        while self.bytes > ROOM && self.stills.len() > 1 {
            let oldest = self.stills.pop_front();
            self.bytes -= oldest.map_or(0, |still| still.pixels.len());
        }
        None
    }
}

fn is_of(message: &DetectionMessage, still: &Still) -> bool {
    u64::try_from(message.sequence) == Ok(still.seq)
}

#[cfg(test)]
mod tests {
    use super::*;

    use cuframes::{Format, FrameLayout, FrameMeta};
    use frame_lending::message::VERSION;

    fn still(seq: u64, bytes: usize) -> Still {
        Still {
            seq,
            pixels: vec![0; bytes],
            layout: FrameLayout::new(Format::R8, 1, 1).expect("a layout"),
            meta: FrameMeta::default(),
            sar: (0, 0),
        }
    }

    fn message(sequence: i64, status: Status) -> DetectionMessage {
        DetectionMessage {
            v: VERSION,
            stream_id: String::new(),
            sequence,
            width: 1,
            height: 1,
            frame_timestamp: 0,
            timestamp: 0,
            inference_time: 0,
            status,
            model_name: String::new(),
            detections: Vec::new(),
            error: None,
            consumer: String::new(),
            lost: 0,
        }
    }

    fn seq(pair: Option<(Still, Vec<Detection>)>) -> Option<u64> {
        pair.map(|(still, _)| still.seq)
    }

    #[test]
    fn whichever_comes_later_meets_the_other() {
        let mut pairing = Pairing::default();
        assert_eq!(seq(pairing.see(still(1, 1))), None);
        assert_eq!(seq(pairing.see(still(2, 1))), None);
        assert_eq!(seq(pairing.hear(message(2, Status::Error))), None);
        assert_eq!(seq(pairing.hear(message(-1, Status::Success))), None);
        assert_eq!(seq(pairing.hear(message(2, Status::Success))), Some(2));
        assert_eq!(seq(pairing.hear(message(3, Status::Success))), None);
        assert_eq!(seq(pairing.see(still(4, 1))), None);
        assert_eq!(seq(pairing.see(still(3, 1))), Some(3));
    }

    #[test]
    fn what_waits_has_a_limit() {
        let mut pairing = Pairing::default();
        for number in 0..3 {
            assert_eq!(seq(pairing.see(still(number, ROOM / 2))), None);
        }
        assert_eq!(pairing.stills.len(), 2);
        for number in 10..10 + MESSAGES as i64 + 1 {
            assert_eq!(seq(pairing.hear(message(number, Status::Success))), None);
        }
        assert_eq!(pairing.messages.len(), MESSAGES);
        assert_eq!(seq(pairing.see(still(10, 1))), None, "it was the oldest");
        assert_eq!(seq(pairing.see(still(11, 1))), Some(11));
    }
}
