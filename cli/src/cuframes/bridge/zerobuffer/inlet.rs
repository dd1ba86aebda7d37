//! The key that gets the frames of a buffer: published as soon as it is known what they are.

use cuframes::meta::StreamInfo;
use cuframes::{Error, FrameMeta, Publisher};
use cuframes_cli::args::ZeroBufferArguments;
use cuframes_cli::exit::Failure;
use program::signals::Signals;
use serde_json::json;
use zerobuffer::Frame;

use super::TURN;
use super::copying;
use super::description::Description;
use super::tally::Tally;
use crate::bridge::voice::Voice;

/// Publishes what comes out of a buffer.
pub struct Inlet<'a> {
    arguments: &'a ZeroBufferArguments,
    voice: &'a Voice,
    signals: &'a Signals,
    publisher: Option<Publisher>,
    /// The size that was last told to be wrong.
    told: Option<usize>,
}

impl<'a> Inlet<'a> {
    /// Publishes nothing yet.
    pub fn new(
        arguments: &'a ZeroBufferArguments,
        voice: &'a Voice,
        signals: &'a Signals,
    ) -> Inlet<'a> {
        Inlet {
            arguments,
            voice,
            signals,
            publisher: None,
            told: None,
        }
    }

    /// Publishes a frame, or drops and counts it.
    pub fn take(
        &mut self,
        frame: Frame,
        description: &Description,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        let size = frame.len();
        let Some(packing) = description.packing(size) else {
            tally.dropped_size += 1;
            return self.complain(size, description);
        };
        let publisher = self.publisher(description)?;
        let Some(mut slot) = publisher.acquire()? else {
            tally.dropped_full += 1;
            return Ok(());
        };
        copying::to_slot(&frame, &packing, &mut slot);
        frame.release();
        let (num, den) = description.caps.fps;
        let duration = 1_000_000_000 * i64::from(den) / i64::from(num.max(1));
        let meta = FrameMeta {
            // A buffer's frames have no times: they are as old as they are here.
            pts: i64::try_from(cuframes::now_ns()).ok(),
            duration: if num == 0 { 0 } else { duration },
            ..FrameMeta::default()
        };
        publisher.publish(slot, &meta)?;
        tally.carried(size, self.arguments.frames);
        Ok(())
    }

    /// Ends the stream of the key.
    pub fn finish(self) -> Result<(), Failure> {
        match self.publisher {
            Some(publisher) => Ok(publisher.finish().map(drop)?),
            None => Ok(()),
        }
    }

    /// The publisher of such frames.
    fn publisher(&mut self, description: &Description) -> Result<&mut Publisher, Failure> {
        let caps = description.caps;
        let stream = StreamInfo {
            fps: caps.fps,
            sar: caps.sar,
            ..StreamInfo::default()
        };
        let publisher = match self.publisher.take() {
            Some(mut publisher) => {
                let layout = publisher.layout();
                let now = (layout.format, layout.width, layout.height);
                if now != (caps.format, caps.width, caps.height) {
                    publisher.reconfigure(caps.format, caps.width, caps.height)?;
                    self.tell(description)?;
                }
                if *publisher.stream_info() != stream {
                    publisher.set_stream_info(stream)?;
                }
                publisher
            }
            None => {
                let publisher = self.publish(description, stream)?;
                self.tell(description)?;
                self.wait_subscribers(&publisher)?;
                publisher
            }
        };
        Ok(self.publisher.insert(publisher))
    }

    fn publish(&self, description: &Description, stream: StreamInfo) -> Result<Publisher, Failure> {
        let (caps, arguments) = (description.caps, self.arguments);
        let builder = Publisher::builder(self.voice.key())
            .format(caps.format)
            .size(caps.width, caps.height)
            .stream_info(stream)
            .policy(arguments.policy.into())
            .strict_timeout(arguments.strict_timeout)
            .allow_uids(&arguments.trust.allow_uids);
        let builder = match arguments.slots {
            Some(slots) => builder.slots(slots),
            None => builder,
        };
        Ok(builder.build()?)
    }

    fn wait_subscribers(&self, publisher: &Publisher) -> Result<(), Failure> {
        let count = self.arguments.wait_subscribers;
        loop {
            match publisher.wait_subscribers(count, Some(TURN)) {
                Ok(()) => return Ok(()),
                Err(Error::Timeout { .. }) => self.signals.check()?,
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn tell(&self, description: &Description) -> Result<(), Failure> {
        let caps = description.caps.text();
        let sentence = format!("frames of {caps}");
        self.voice.tell("stream", &sentence, json!({"caps": caps}))
    }

    /// Says that frames have a wrong size; once for each.
    fn complain(&mut self, size: usize, description: &Description) -> Result<(), Failure> {
        if self.told.replace(size) == Some(size) {
            return Ok(());
        }
        let expected = description.size();
        let sentence = format!(
            "a frame of {size} bytes is dropped: one of {} has {expected}; see --caps",
            description.caps.text()
        );
        let what = json!({"bytes": size, "expected": expected});
        self.voice.tell("wrong_size", &sentence, what)
    }
}
