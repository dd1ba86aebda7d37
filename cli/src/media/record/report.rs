//! What is told of a recording.

use std::io;
use std::path::Path;

use cuframes::SubscriberStats;
use program::output::print_json;
use serde::Serialize;

use cuframes_cli::args::RecordArguments;
use cuframes_cli::exit::Failure;
use cuframes_cli::terminal::say;

use super::segment::Finished;

/// Tells people on standard error, and programs on standard output.
pub struct Report<'a> {
    arguments: &'a RecordArguments,
    segments: u64,
    packets: u64,
    bytes: u64,
    passed_over: u64,
}

/// A line for programs.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Begun {
        file: &'a str,
    },
    Finished {
        file: &'a str,
        packets: u64,
        bytes: u64,
        seconds: f64,
    },
    Removed {
        file: &'a str,
    },
    /// It was to be removed, and could not be.
    Kept {
        file: &'a str,
        why: String,
    },
    Ended {
        key: &'a str,
        /// `ok`, or why it ended sooner.
        why: String,
        segments: u64,
        packets: u64,
        bytes: u64,
        overruns: u64,
        missed: u64,
        /// Before the first key packet of a file.
        passed_over: u64,
        reattached: u64,
    },
}

impl<'a> Report<'a> {
    pub fn new(arguments: &'a RecordArguments) -> Report<'a> {
        Report {
            arguments,
            segments: 0,
            packets: 0,
            bytes: 0,
            passed_over: 0,
        }
    }

    /// True if a segment was begun.
    pub fn has_segments(&self) -> bool {
        self.segments > 0
    }

    pub fn begun(&mut self, path: &Path) -> Result<(), Failure> {
        self.segments += 1;
        let file = &path.to_string_lossy();
        self.tell(&Line::Begun { file }, || format!("recording to {file}"))
    }

    pub fn finished(&mut self, finished: &Finished) -> Result<(), Failure> {
        self.packets += finished.packets;
        self.bytes += finished.bytes;
        let file = &finished.path.to_string_lossy();
        let &Finished {
            packets,
            bytes,
            seconds,
            ..
        } = finished;
        let line = Line::Finished {
            file,
            packets,
            bytes,
            seconds,
        };
        self.tell(&line, || {
            format!("{file}: {packets} packets, {bytes} bytes, {seconds:.3} s")
        })
    }

    pub fn removed(&self, path: &Path) -> Result<(), Failure> {
        let file = &path.to_string_lossy();
        self.tell(&Line::Removed { file }, || format!("{file}: removed"))
    }

    /// An old recording could not be removed.
    pub fn kept(&self, path: &Path, error: &io::Error) -> Result<(), Failure> {
        let file = &path.to_string_lossy();
        let why = error.to_string();
        let sentence = format!("{file} cannot be removed: {why}; it stays");
        self.tell(&Line::Kept { file, why }, || sentence)
    }

    /// A packet without the key packet before it is not recorded.
    pub fn pass_over(&mut self) {
        self.passed_over += 1;
    }

    /// Packets were overwritten before they were written, from this one on.
    pub fn lost(&self, seq: u64) {
        self.say(&format!(
            "{}: packet {seq} was overwritten before it was recorded; on with a key frame",
            self.arguments.key
        ));
    }

    pub fn gone(&self) {
        self.say(&format!("{}: the publisher is gone", self.arguments.key));
    }

    /// Tells the counts of the whole recording.
    pub fn end(&self, stats: &SubscriberStats, ended: &Result<(), Failure>) -> Result<(), Failure> {
        let (segments, packets, bytes) = (self.segments, self.packets, self.bytes);
        let (overruns, missed) = (stats.packet_overruns, stats.packets_missed);
        let key = &self.arguments.key;
        let line = Line::Ended {
            key,
            why: match ended {
                Ok(()) => "ok".to_owned(),
                Err(failure) => failure.name(),
            },
            segments,
            packets,
            bytes,
            overruns,
            missed,
            passed_over: self.passed_over,
            reattached: stats.reattached,
        };
        self.tell(&line, || {
            format!(
                "{key}: {packets} packets in {segments} segments, {bytes} bytes, {missed} missed"
            )
        })
    }

    fn tell(&self, line: &Line<'_>, sentence: impl FnOnce() -> String) -> Result<(), Failure> {
        match self.arguments.json {
            true => Ok(print_json(line)?),
            false => {
                self.say(&sentence());
                Ok(())
            }
        }
    }

    fn say(&self, sentence: &str) {
        if !self.arguments.quiet && !self.arguments.json {
            say(sentence);
        }
    }
}
