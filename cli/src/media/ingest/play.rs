//! From an open input to a stream: which packets are read, published and decoded.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cuframes::Publisher;
use serde_json::json;

use cuframes_cli::args::{Hwaccel, PublishArguments};
use cuframes_cli::exit::Failure;
use cuframes_cli::summary::Tally;
use ffmpeg_next::Packet;

use super::address::Address;
use super::clock::{Thinner, nanoseconds};
use super::ffmpeg::{Gpu, Place};
use super::first;
use super::pace::Pace;
use super::service::Pulse;
use super::source::Source;
use super::status::Status;
use super::stream::Stream;
use super::timeline::{PacketTimes, Timeline};
use super::voice::Voice;
use super::watch::Watch;

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
    pub(super) arguments: &'a PublishArguments,
    pub(super) watch: Watch,
    pulse: Pulse,
    voice: Voice,
    pub(super) stream: Option<Stream>,
    pub(super) timeline: Timeline,
    pub(super) thinner: Option<Thinner>,
    pub(super) pace: Pace,
    status: Status,
    /// When something was decoded last.
    pub(super) pictured: Instant,
    pub(super) offered: u64,
    pub(super) errors: u64,
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
            pictured: Instant::now(),
            offered: 0,
            errors: 0,
            voice,
        }
    }

    /// Frames so far, published or dropped; packets where there are no frames.
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
        let stream = self.stream.as_ref();
        let packets = stream.and_then(|stream| stream.packets.as_ref());
        Tally {
            in_place: stream.map_or(0, |stream| stream.outlet.in_place),
            converted: stream.map_or(0, |stream| stream.outlet.converted),
            errors: self.errors,
            packets: packets.map(|packets| packets.tally()),
            ..Tally::default()
        }
    }

    /// Shows what it waits for.
    pub fn tell(&mut self, what: &str) {
        self.status.tell(what);
    }

    /// The publisher, if there ever was one, and what it needs until it is gone.
    pub fn into_publisher(mut self) -> Option<(Publisher, Stream)> {
        self.status.clear();
        let stream = self.stream?;
        let publisher = stream.outlet.slots().take_publisher()?;
        Some((publisher, stream))
    }

    /// Opens an input and plays it to its end.
    pub fn play(&mut self, address: &Address, reopened: u64) -> Result<Ended, Failure> {
        if self.is_enough() && self.has_started() {
            return Ok(Ended::Limit);
        }
        let mut source = Source::open(address, &self.arguments.ingest.input_options, &self.watch)?;
        self.opened(address, reopened)?;
        let (bits, base) = (source.time_bits(), source.clock_base());
        self.timeline.count_in(bits, base, source.delay());
        if self.stream.is_none() {
            self.stream = Some(self.start(&mut source, address)?);
        }
        if let Some(stream) = &mut self.stream {
            stream.begin(&source)?;
        }
        self.pulse.tell(true);
        let ended = match self.arguments.packets.packets_only {
            true => self.pass_on(&mut source),
            false => self.decode(&mut source),
        };
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

    fn start(&self, source: &mut Source, address: &Address) -> Result<Stream, Failure> {
        if self.arguments.packets.packets_only {
            return Stream::of_packets(self.arguments, &self.watch, &self.voice, source);
        }
        let gpu = match self.arguments.ingest.hwaccel {
            Hwaccel::None => None,
            Hwaccel::Cuda => Some(self.open_gpu()?),
        };
        let place = gpu.clone().map_or(Place::Own, Place::Gpu);
        let first = first::look(source, place)?.ok_or_else(|| Failure::Input {
            what: format!("decode {}", address.shown()),
            reason: "there is no picture in it".to_owned(),
        })?;
        Stream::start(
            self.arguments,
            &self.watch,
            &self.voice,
            source,
            &first,
            gpu,
        )
    }

    fn open_gpu(&self) -> Result<Arc<Gpu>, Failure> {
        let gpu = Gpu::open(self.arguments.cuda_device);
        gpu.map(Arc::new).map_err(|reason| Failure::Unmet {
            name: "--hwaccel cuda".to_owned(),
            reason: Some(reason),
        })
    }

    /// Publishes packets and nothing else.
    fn pass_on(&mut self, source: &mut Source) -> Result<Ended, Failure> {
        while let Some(packet) = source.next()? {
            let times = self.times(&packet, source);
            self.pace
                .wait(times.dts.or(times.pts), false, &self.watch)?;
            if self.publish_packet(&packet, times)? != 0 {
                self.offered += 1;
                self.show_status()?;
            }
            if self.is_enough() {
                return Ok(Ended::Limit);
            }
        }
        Ok(Ended::Input)
    }

    /// When a packet is decoded and shown.
    pub(super) fn times(&mut self, packet: &Packet, source: &Source) -> PacketTimes {
        let base = source.clock_base();
        let told = nanoseconds(packet.duration(), base).filter(|&told| told > 0);
        let duration = told.unwrap_or_else(|| source.frame_duration());
        self.timeline
            .place_packet(packet.pts(), packet.dts(), duration, base)
    }

    /// Its sequence, 0 if it is not published.
    pub(super) fn publish_packet(
        &mut self,
        packet: &Packet,
        times: PacketTimes,
    ) -> Result<u64, Failure> {
        let Some(stream) = &mut self.stream else {
            return Ok(0);
        };
        let slots = stream.outlet.slots();
        match &mut stream.packets {
            Some(packets) => packets.publish(packet, times, slots),
            None => Ok(0),
        }
    }

    /// Whether there are as many frames as were asked for.
    pub(super) fn is_enough(&self) -> bool {
        let limit = self.arguments.frames;
        limit.is_some_and(|limit| self.offered >= limit)
    }

    pub(super) fn show_status(&mut self) -> Result<(), Failure> {
        let Some(stream) = &self.stream else {
            return Ok(());
        };
        let slots = stream.outlet.slots();
        let stats = || slots.with(|publisher| publisher.stats());
        self.status.show(self.offered, stats)
    }
}
