//! What was read, counted.

use std::time::Instant;

use cuframes::{FrameLayout, Subscriber, SubscriberStats};
use program::output::{print, print_json, to_json};
use serde::Serialize;

use cuframes_cli::args::SubArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::report;
use cuframes_cli::terminal::{is_terminal, say};

use super::latency::Latency;

/// Counts of a subscription.
#[derive(Debug)]
pub struct Tally {
    key: String,
    name: Option<String>,
    started: Instant,
    stats: SubscriberStats,
    layout: Option<FrameLayout>,
    fps: (u32, u32),
    frames: u64,
    first_seq: u64,
    bytes: u64,
    latency: Latency,
    complete: bool,
}

/// The report.
#[derive(Debug, Serialize)]
struct Report<'a> {
    key: &'a str,
    name: Option<&'a str>,
    /// `frames`, `end_of_stream`, or why it ended sooner.
    ended: String,
    frames: u64,
    missed: u64,
    skipped: u64,
    reattached: u64,
    publisher_dropped: u64,
    first_seq: u64,
    last_seq: u64,
    bytes: u64,
    format: Option<&'static str>,
    fourcc: Option<&'static str>,
    width: Option<u32>,
    height: Option<u32>,
    fps: Option<String>,
    seconds: f64,
    latency_us_p50: Option<f64>,
    latency_us_p99: Option<f64>,
    latency_us_max: Option<f64>,
}

impl Tally {
    /// Nothing counted.
    pub fn new(arguments: &SubArguments) -> Tally {
        Tally {
            key: arguments.key.clone(),
            name: arguments.name.clone(),
            started: Instant::now(),
            stats: SubscriberStats::default(),
            layout: None,
            fps: (0, 0),
            frames: 0,
            first_seq: 0,
            bytes: 0,
            latency: Latency::new(),
            complete: false,
        }
    }

    /// The publisher was found.
    pub fn connected(&mut self, subscriber: &Subscriber) {
        self.started = Instant::now();
        self.name = Some(subscriber.name().to_owned());
        self.update(subscriber);
    }

    /// Takes over the library's counts.
    pub fn update(&mut self, subscriber: &Subscriber) {
        self.stats = subscriber.stats();
        self.layout = Some(*subscriber.layout());
        self.fps = subscriber.stream_info().fps;
    }

    /// Counts a frame that was read whole.
    pub fn count(&mut self, seq: u64, latency_ns: u64, layout: &FrameLayout) {
        if self.frames == 0 {
            self.first_seq = seq;
        }
        self.frames += 1;
        self.bytes += layout.packed_size();
        self.latency.count(latency_ns);
    }

    /// As many frames as wanted were read.
    pub fn complete(&mut self) {
        self.complete = true;
    }

    /// The line that is shown while reading.
    pub fn progress(&self) -> String {
        let (key, frames, missed) = (&self.key, self.frames, self.stats.missed);
        let rate = frames as f64 / self.started.elapsed().as_secs_f64().max(1e-3);
        format!("{key}: {frames} frames, {rate:.1} per second, {missed} missed")
    }

    /// Reports, if that is wanted: to standard error where frames go to standard output.
    pub fn tell(
        &self,
        arguments: &SubArguments,
        ended: &Result<(), Failure>,
    ) -> Result<(), Failure> {
        let report = self.report(ended);
        if arguments.json {
            match arguments.fills_stdout() {
                true => say(&to_json(&report)),
                false => return Ok(print_json(&report)?),
            }
        } else if arguments.stats && !arguments.fills_stdout() {
            return Ok(print(&format!("{}\n", report.sentence()))?);
        } else if arguments.stats || (is_terminal() && !arguments.quiet) {
            say(&report.sentence());
        }
        Ok(())
    }

    fn report(&self, ended: &Result<(), Failure>) -> Report<'_> {
        Report {
            key: &self.key,
            name: self.name.as_deref(),
            ended: match ended {
                Ok(()) if self.complete => "frames".to_owned(),
                Ok(()) => "end_of_stream".to_owned(),
                Err(failure) => failure.name(),
            },
            frames: self.frames,
            missed: self.stats.missed,
            skipped: self.stats.skipped,
            reattached: self.stats.reattached,
            publisher_dropped: self.stats.publisher_dropped,
            first_seq: self.first_seq,
            last_seq: self.stats.last_seq,
            bytes: self.bytes,
            format: self.layout.map(|layout| layout.format.ffmpeg_name()),
            fourcc: self.layout.map(|layout| layout.format.fourcc_name()),
            width: self.layout.map(|layout| layout.width),
            height: self.layout.map(|layout| layout.height),
            fps: report::ratio(self.fps),
            seconds: (self.started.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            latency_us_p50: self.latency.percentile_us(50),
            latency_us_p99: self.latency.percentile_us(99),
            latency_us_max: self.latency.largest_us(),
        }
    }
}

impl Report<'_> {
    /// The report for people.
    fn sentence(&self) -> String {
        let mut text = format!(
            "{}: {} frames, {} missed, {} skipped, {} dropped by the publisher, {} times reattached",
            self.key,
            self.frames,
            self.missed,
            self.skipped,
            self.publisher_dropped,
            self.reattached
        );
        if let (Some(width), Some(height), Some(format), Some(fourcc)) =
            (self.width, self.height, self.format, self.fourcc)
        {
            text += &format!(", {width}x{height} {format} ({fourcc})");
        }
        if let (Some(p50), Some(p99), Some(max)) = (
            self.latency_us_p50,
            self.latency_us_p99,
            self.latency_us_max,
        ) {
            text += &format!(", latency {p50} us (p50) {p99} us (p99) {max} us (max)");
        }
        text + &format!(", {} s: {}", self.seconds, self.ended)
    }
}
