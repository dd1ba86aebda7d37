//! What is counted while frames go by, and how it is told.

use std::time::Instant;

use program::output::{print, print_indented_json};
use serde::Serialize;

use crate::exit::Failure;

/// Messages that are kept; of a thousand wrong frames the first ones tell enough.
const MESSAGES: usize = 100;

/// Frames, bytes, time and errors.
#[derive(Debug, Default)]
pub struct Tally {
    /// Frames that are through.
    pub frames: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of metadata.
    pub metadata_size: u64,
    errors: Vec<String>,
    began: Option<Instant>,
    ended: Option<Instant>,
}

impl Tally {
    /// The first frame is about to go.
    pub fn begin(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    /// One frame is through.
    pub fn count(&mut self, bytes: usize) {
        self.frames += 1;
        self.bytes += bytes as u64;
        self.ended = Some(Instant::now());
    }

    /// Something to report.
    pub fn error(&mut self, message: String) {
        if self.errors.len() < MESSAGES {
            self.errors.push(message);
        }
    }

    /// Everything that was reported.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Seconds from before the first frame until after the last.
    pub fn seconds(&self) -> f64 {
        let both = self.began.zip(self.ended);
        both.map_or(0.0, |(began, ended)| (ended - began).as_secs_f64())
    }

    /// MiB per second, which the other languages call MB.
    pub fn throughput(&self) -> f64 {
        match self.seconds() {
            0.0 => 0.0,
            seconds => self.bytes as f64 / (1 << 20) as f64 / seconds,
        }
    }

    /// The two lines that every language prints for people.
    pub fn sentence(&self, verb: &str) -> String {
        format!(
            "{verb} {} frames in {:.2} seconds\nThroughput: {:.2} MB/s\n",
            self.frames,
            self.seconds(),
            self.throughput()
        )
    }
}

/// Tells the result, and how it came to it.
pub fn tell(
    json: bool,
    report: &impl Serialize,
    text: &str,
    done: Result<(), Failure>,
) -> Result<(), Failure> {
    let told = if json {
        print_indented_json(report)
    } else {
        print(text)
    };
    // What went wrong first is the reason.
    done.and(told.map_err(Failure::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_takes_no_time() {
        let tally = Tally::default();
        let rates = [tally.seconds(), tally.throughput()];
        assert_eq!(rates, [0.0; 2]);
        assert!(tally.sentence("Read").starts_with("Read 0 frames in 0.00"));
    }

    #[test]
    fn messages_do_not_grow_for_ever() {
        let mut tally = Tally::default();
        for _ in 0..MESSAGES * 2 {
            tally.error(String::new());
        }
        assert_eq!(tally.errors().len(), MESSAGES);
    }
}
