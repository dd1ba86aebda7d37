//! From the packets of an open input to published frames.

use std::time::Duration;

use cuframes::Publisher;
use ffmpeg_next::error::EAGAIN;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Error, Packet};
use serde_json::json;

use cuframes_cli::args::PublishArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::summary::Tally;

use super::address::Address;
use super::clock::{Thinner, Timeline, nanoseconds};
use super::ffmpeg::Decoder;
use super::first;
use super::meta;
use super::pace::Pace;
use super::service::Pulse;
use super::source::Source;
use super::status::Status;
use super::stream::Stream;
use super::voice::Voice;
use super::watch::Watch;

/// Errors in a row for which a decoder is asked once more.
const PATIENCE: u32 = 64;

/// Why an input was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It has no more.
    Input,
    /// There are as many frames as were asked for.
    Limit,
}

/// Plays inputs into one stream, one after the other.
pub struct Player<'a> {
    arguments: &'a PublishArguments,
    watch: Watch,
    pulse: Pulse,
    voice: Voice,
    stream: Option<Stream>,
    timeline: Timeline,
    thinner: Option<Thinner>,
    pace: Pace,
    status: Status,
    offered: u64,
    errors: u64,
}

impl<'a> Player<'a> {
    /// Plays by the arguments.
    pub fn new(
        arguments: &'a PublishArguments,
        watch: Watch,
        pulse: Pulse,
        voice: Voice,
    ) -> Player<'a> {
        let interval = arguments
            .fps
            .map(|fps| u64::from(fps.den) * 1_000_000_000 / u64::from(fps.num));
        let thinner = |interval| Thinner::new(i64::try_from(interval).unwrap_or(i64::MAX));
        Player {
            arguments,
            watch,
            pulse,
            stream: None,
            timeline: Timeline::default(),
            thinner: interval.map(thinner),
            pace: Pace::new(arguments.realtime.unwrap_or(false)),
            status: Status::new(voice.clone()),
            offered: 0,
            errors: 0,
            voice,
        }
    }

    /// Frames so far, published or dropped.
    pub fn offered(&self) -> u64 {
        self.offered
    }

    /// Whether the key is there.
    pub fn has_started(&self) -> bool {
        self.stream.is_some()
    }

    /// The next input goes on where this one ended.
    pub fn restart(&mut self, after: Duration) {
        self.timeline.restart(after);
    }

    /// Frames per second, as people write it.
    pub fn rate(&self) -> String {
        let (num, den) = self.stream.as_ref().map_or((0, 0), |stream| stream.rate);
        format!("{num}/{den}")
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        let outlet = self.stream.as_ref().map(|stream| &stream.outlet);
        Tally {
            in_place: outlet.map_or(0, |outlet| outlet.in_place),
            converted: outlet.map_or(0, |outlet| outlet.converted),
            errors: self.errors,
            ..Tally::default()
        }
    }

    /// Shows what it waits for.
    pub fn tell(&mut self, what: &str) {
        self.status.tell(what);
    }

    /// The publisher, if there ever was one.
    pub fn into_publisher(mut self) -> Option<Publisher> {
        self.status.clear();
        self.stream?.outlet.slots().take_publisher()
    }

    /// Opens an input and plays it to its end.
    pub fn play(&mut self, address: &Address, reopened: u64) -> Result<Ended, Failure> {
        if self.arguments.frames == Some(self.offered) && self.has_started() {
            return Ok(Ended::Limit);
        }
        let mut source = Source::open(address, &self.watch)?;
        self.opened(address, reopened)?;
        if self.stream.is_none() {
            let first = first::look(&mut source)?.ok_or_else(|| Failure::Input {
                what: format!("decode {}", address.shown()),
                reason: "there is no picture in it".to_owned(),
            })?;
            self.stream = Some(Stream::start(
                self.arguments,
                &self.watch,
                &self.voice,
                &source,
                &first,
            )?);
        }
        self.pulse.tell(true);
        let ended = self.decode(&mut source);
        self.status.clear();
        ended
    }

    fn opened(&self, address: &Address, reopened: u64) -> Result<(), Failure> {
        let event = match self.has_started() {
            false => "opened",
            true => "reconnected",
        };
        let what = json!({ "address": address.shown(), "reopened": reopened });
        self.voice.event(event, what)
    }

    fn decode(&mut self, source: &mut Source) -> Result<Ended, Failure> {
        let Some(stream) = &self.stream else {
            return Ok(Ended::Input);
        };
        let mut decoder = stream.decoder(source)?;
        let ended = loop {
            match source.next() {
                Ok(Some(packet)) => {
                    if self.feed(&mut decoder, &packet, source)? {
                        return Ok(Ended::Limit);
                    }
                }
                Ok(None) => break Ok(Ended::Input),
                Err(failure @ Failure::Input { .. }) => break Err(failure),
                Err(failure) => return Err(failure),
            }
        };
        // What was read before the end, or before it went wrong, is as good as ever.
        let _ = decoder.send_eof();
        match self.show_all(&mut decoder, source)? {
            true => Ok(Ended::Limit),
            false => ended,
        }
    }

    /// Decodes a packet. True when there are as many frames as were asked for.
    fn feed(
        &mut self,
        decoder: &mut Decoder,
        packet: &Packet,
        source: &Source,
    ) -> Result<bool, Failure> {
        let mut sent = decoder.send(packet);
        if self.show_all(decoder, source)? {
            return Ok(true);
        }
        if sent == Err(Error::Other { errno: EAGAIN }) {
            sent = decoder.send(packet);
            if self.show_all(decoder, source)? {
                return Ok(true);
            }
        }
        self.errors += u64::from(sent.is_err());
        Ok(false)
    }

    /// Publishes whatever is decoded. True when there are as many as were asked for.
    fn show_all(&mut self, decoder: &mut Decoder, source: &Source) -> Result<bool, Failure> {
        let mut errors = 0;
        loop {
            // A new one each time: a frame refers to its slot as long as it is there.
            let mut frame = Video::empty();
            match decoder.receive(&mut frame) {
                Ok(()) => self.show(&frame, source)?,
                Err(Error::Eof | Error::Other { errno: EAGAIN }) => return Ok(false),
                Err(_) => {
                    self.errors += 1;
                    errors += 1;
                    if errors >= PATIENCE {
                        return Ok(false);
                    }
                }
            }
            if self
                .arguments
                .frames
                .is_some_and(|limit| self.offered >= limit)
            {
                return Ok(true);
            }
        }
    }

    fn show(&mut self, frame: &Video, source: &Source) -> Result<(), Failure> {
        let base = source.clock_base();
        let told = nanoseconds(frame.packet().duration, base).filter(|&told| told > 0);
        let duration = told.unwrap_or_else(|| source.frame_duration());
        let times = self.timeline.place(frame.timestamp(), duration, base);
        if !self
            .thinner
            .as_mut()
            .is_none_or(|thinner| thinner.is_due(times.pts))
        {
            return Ok(());
        }
        self.pace
            .wait(times.pts, times.discontinuity, &self.watch)?;
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        stream.outlet.publish(frame, &meta::of(frame, times))?;
        self.offered += 1;
        let slots = stream.outlet.slots();
        let stats = || slots.with(|publisher| publisher.stats());
        self.status.show(self.offered, stats)
    }
}
