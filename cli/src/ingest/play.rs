//! From the packets of an open input to published frames.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use cuframes::meta::StreamInfo;
use cuframes::{MemoryKind, Publisher};
use ffmpeg_next::error::EAGAIN;
use ffmpeg_next::frame::Video;
use ffmpeg_next::{Error, Packet};

use crate::args::PublishArguments;
use crate::exit::Failure;
use crate::publish;
use crate::signals::Signals;
use crate::terminal::{Progress, say};

use super::Tally;
use super::address::Address;
use super::clock::{Thinner, Timeline, nanoseconds};
use super::ffmpeg::{Decoder, Threads};
use super::first::{self, First};
use super::meta;
use super::needs::Plan;
use super::outlet::{Goal, Outlet, Wish};
use super::pace::Pace;
use super::source::Source;
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
    signals: Signals,
    live: bool,
    stream: Option<Stream>,
    timeline: Timeline,
    thinner: Option<Thinner>,
    pace: Pace,
    progress: Progress,
    offered: u64,
    errors: u64,
}

/// What is there once the first picture is known.
struct Stream {
    outlet: Outlet,
    threads: Threads,
    rate: (u32, u32),
    /// Whether the decoder makes frames as they are published.
    into_slots: bool,
}

impl<'a> Player<'a> {
    /// Plays by the arguments.
    pub fn new(arguments: &'a PublishArguments, signals: Signals, live: bool) -> Player<'a> {
        let interval = arguments
            .fps
            .map(|fps| u64::from(fps.den) * 1_000_000_000 / u64::from(fps.num));
        let thinner = |interval| Thinner::new(i64::try_from(interval).unwrap_or(i64::MAX));
        Player {
            arguments,
            signals,
            live,
            stream: None,
            timeline: Timeline::default(),
            thinner: interval.map(thinner),
            pace: Pace::new(arguments.realtime.unwrap_or(false)),
            progress: Progress::new(arguments.quiet),
            offered: 0,
            errors: 0,
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

    /// The publisher, if there ever was one.
    pub fn into_publisher(mut self) -> Option<Publisher> {
        self.progress.clear();
        self.stream?.outlet.slots().take_publisher()
    }

    /// Opens an input and plays it to its end.
    pub fn play(&mut self, address: &Address, watch: &Watch) -> Result<Ended, Failure> {
        if self.arguments.frames == Some(self.offered) && self.has_started() {
            return Ok(Ended::Limit);
        }
        let mut source = Source::open(address, watch)?;
        if self.stream.is_none() {
            let first = first::look(&mut source)?.ok_or_else(|| Failure::Input {
                what: format!("decode {}", address.shown()),
                reason: "there is no picture in it".to_owned(),
            })?;
            self.stream = Some(self.start(&source, &first)?);
        }
        let ended = self.decode(&mut source);
        self.progress.clear();
        ended
    }

    /// Makes the publisher.
    fn start(&self, source: &Source, first: &First) -> Result<Stream, Failure> {
        let wish = Wish::new(self.arguments);
        let goal = wish.goal(&first.frame).ok_or_else(|| Failure::Input {
            what: "convert a picture".to_owned(),
            reason: format!("nothing is known about {:?}", first.frame.format()),
        })?;
        let plan = self.plan(first, goal);
        let sar = first.frame.aspect_ratio();
        let ratio = |(num, den): (i32, i32)| match (u32::try_from(num), u32::try_from(den)) {
            (Ok(num), Ok(den)) if num > 0 && den > 0 => (num, den),
            _ => (0, 0),
        };
        let rate = match self.arguments.fps {
            Some(fps) => (fps.num, fps.den),
            None => source.rate(),
        };
        let builder = publish::builder(self.arguments)
            .format(goal.format)
            .size(goal.size.0, goal.size.1)
            .slots(plan.slots)
            .max_leases(plan.leases)
            .stream_info(StreamInfo {
                fps: rate,
                sar: ratio((sar.0, sar.1)),
                ..StreamInfo::default()
            });
        let builder = match goal.converts {
            true => builder,
            false => builder.room(first.room.0, first.room.1),
        };
        let publisher = builder.build()?;
        publish::tell_choice(&publisher, self.arguments);
        let into_slots = !goal.converts && publisher.memory() == MemoryKind::Host;
        if into_slots {
            self.tell_plan(first, plan);
        }
        publish::wait_subscribers(&publisher, self.arguments, &self.signals)?;
        Ok(Stream {
            outlet: Outlet::new(publisher, plan.slots, wish, self.arguments.quiet),
            threads: plan.threads,
            rate,
            into_slots,
        })
    }

    fn plan(&self, first: &First, goal: Goal) -> Plan {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let (slots, leases) = (self.arguments.slots, self.arguments.max_leases);
        let needs = match goal.converts {
            true => Default::default(),
            false => first.needs,
        };
        needs.plan(slots, leases, processors, self.live)
    }

    fn tell_plan(&self, first: &First, plan: Plan) {
        let needs = first.needs;
        if self.arguments.quiet || needs == Default::default() {
            return;
        }
        let threads = match plan.threads {
            Threads::Frames(count) => count,
            Threads::Slices(_) => 1,
        };
        let (slots, needed) = (plan.slots, plan.needed);
        let so = match needed <= slots as usize {
            true => "nothing is copied",
            false => "frames that find none free are copied",
        };
        say(&format!(
            "{}: {slots} slots of {needed} needed: {} references, {} reordered, {threads} in \
             work, {} leases, the newest; {so}",
            self.arguments.key, needs.references, needs.reorder, plan.leases
        ));
    }

    fn decode(&mut self, source: &mut Source) -> Result<Ended, Failure> {
        let mut decoder = self.decoder(source)?;
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

    fn decoder(&self, source: &Source) -> Result<Decoder, Failure> {
        let stream = self.stream.as_ref();
        let slots = stream.filter(|stream| stream.into_slots);
        let slots = slots.map(|stream| Arc::clone(stream.outlet.slots()));
        let threads = stream.map_or(Threads::Slices(1), |stream| stream.threads);
        let decoder = Decoder::open(source.parameters(), source.time_base(), threads, slots);
        decoder.map_err(|error| source.failed(error))
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
        let duration = told.unwrap_or_else(|| duration_of(source.rate()));
        let times = self.timeline.place(frame.timestamp(), duration, base);
        if !self
            .thinner
            .as_mut()
            .is_none_or(|thinner| thinner.is_due(times.pts))
        {
            return Ok(());
        }
        self.pace
            .wait(times.pts, times.discontinuity, &self.signals)?;
        let Some(stream) = &mut self.stream else {
            return Ok(());
        };
        stream.outlet.publish(frame, &meta::of(frame, times))?;
        self.offered += 1;
        let (key, offered) = (&self.arguments.key, self.offered);
        let slots = stream.outlet.slots();
        self.progress.show(|| {
            let stats = slots.with(|publisher| publisher.stats());
            let (dropped, readers) =
                stats.map_or((0, 0), |stats| (stats.dropped, stats.subscribers.len()));
            format!("{key}: {offered} frames, {dropped} dropped, {readers} subscribers")
        });
        Ok(())
    }
}

/// The time of one frame, 0 unknown.
fn duration_of(rate: (u32, u32)) -> i64 {
    use super::clock::TimeBase;
    let number = |n: u32| i32::try_from(n).unwrap_or(0);
    let base = TimeBase {
        num: number(rate.1),
        den: number(rate.0),
    };
    nanoseconds(1, base).unwrap_or(0)
}
