//! What is said at the end of `publish`.

use cuframes::{Publisher, PublisherStats};
use program::output::print_json;
use serde::Serialize;

use crate::args::PublishArguments;
use crate::exit::Failure;
use crate::report;
use crate::terminal::say;

/// Counts of an input.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// The address, without what nobody else should read.
    pub address: String,
    /// Frames that were published where they had been decoded.
    pub in_place: u64,
    /// Frames that were converted into their slot.
    pub converted: u64,
    /// Packets and pictures that could not be decoded.
    pub errors: u64,
    /// How often it was opened once more.
    pub reopened: u64,
    /// Its packets, if they are published.
    pub packets: Option<PacketTally>,
}

/// Counts of packets.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PacketTally {
    /// Published.
    pub published: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Not published, as they came before the first key packet.
    pub skipped: u64,
    /// Not published, as the ring has no room for so large ones.
    pub oversized: u64,
}

/// Counts of a publisher at its end.
#[derive(Debug, Serialize)]
pub struct Summary {
    key: String,
    /// `end_of_stream`, or why it ended sooner.
    ended: String,
    format: &'static str,
    fourcc: &'static str,
    width: u32,
    height: u32,
    fps: String,
    memory: &'static str,
    sync: &'static str,
    /// Frames of the input.
    frames: u64,
    published: u64,
    dropped: u64,
    /// Published frames that were copied into their slot.
    copies: u64,
    evicted: u64,
    latest_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Tally>,
}

impl Summary {
    /// Looks at the publisher, which is still there.
    pub fn new(
        publisher: &Publisher,
        fps: &str,
        frames: u64,
        ended: &Result<(), Failure>,
    ) -> Summary {
        let layout = publisher.layout();
        Summary {
            key: publisher.key().to_owned(),
            ended: match ended {
                Ok(()) => "end_of_stream".to_owned(),
                Err(failure) => failure.name(),
            },
            format: layout.format.ffmpeg_name(),
            fourcc: layout.format.fourcc_name(),
            width: layout.width,
            height: layout.height,
            fps: fps.to_owned(),
            memory: report::memory(publisher.memory()),
            sync: report::sync(publisher.sync()),
            frames,
            published: 0,
            dropped: 0,
            copies: 0,
            evicted: 0,
            latest_seq: 0,
            input: None,
        }
    }

    /// Takes over what the publisher counted.
    pub fn count(&mut self, stats: &PublisherStats) {
        self.published = stats.published;
        self.dropped = stats.dropped;
        self.copies = stats.copies;
        self.evicted = stats.evicted;
        self.latest_seq = stats.latest_seq;
    }

    /// Adds what is known about an input.
    pub fn add_input(&mut self, tally: Tally) {
        self.input = Some(tally);
    }

    /// For people.
    pub fn sentence(&self) -> String {
        format!(
            "{}: {} frames of {}x{} {} ({}), {} published, {} dropped, {} evicted: {}",
            self.key,
            self.frames,
            self.width,
            self.height,
            self.format,
            self.fourcc,
            self.published,
            self.dropped,
            self.evicted,
            self.ended
        )
    }

    /// Tells it to people, or to programs.
    pub fn tell(&self, arguments: &PublishArguments) -> Result<(), Failure> {
        if arguments.json {
            return Ok(print_json(self)?);
        }
        if !arguments.quiet {
            say(&self.sentence());
        }
        Ok(())
    }
}
