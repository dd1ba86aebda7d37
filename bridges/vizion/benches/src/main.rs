//! Measures how long the daemon's answers and frames take, each figure beside what the machine
//! itself needs for the like, in the same run.
//!
//! The daemon is the program `vizion-streamer` beside this one; other processes are this program
//! again.

mod answers;
mod daemon;
mod death;
mod floor;
mod frames;
mod readers;

use std::time::Duration;

use bench_harness::Result;
use bench_harness::arguments::{Arguments, QuickArguments};
use bench_harness::book::Book;
use bench_harness::machine::Placement;
use bench_harness::peer::no_such_role;
use bench_harness::program::{self, Bench};
use bench_harness::report::sections;
use bench_harness::sheet::Sheet;
use clap::{Parser, ValueEnum};

/// Measure VizionStreamer on this machine.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    arguments: QuickArguments<Subject>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    /// Time from a question to its answer while a stream runs.
    Answers,
    /// What a frame costs on its way from the camera to everywhere.
    Frames,
    /// What readers cost that follow, and that stand still.
    Readers,
    /// Time from the death of a writer to when its reader knows.
    Death,
}

/// How much is measured.
struct Plan {
    questions: usize,
    watched: Duration,
    deaths: usize,
}

const QUICK: Plan = Plan {
    questions: 50,
    watched: Duration::from_millis(500),
    deaths: 2,
};
const FULL: Plan = Plan {
    questions: 2000,
    watched: Duration::from_secs(5),
    deaths: 20,
};

struct Streamer {
    plan: Plan,
    times: Book,
    frames: Sheet,
}

impl Bench for Streamer {
    type Subject = Subject;

    fn measure(&mut self, subject: Subject) -> Result<()> {
        let plan = &self.plan;
        match subject {
            Subject::Answers => answers::measure(&mut self.times, plan.questions),
            Subject::Frames => frames::measure(&mut self.frames, plan.watched),
            Subject::Readers => readers::measure(&mut self.frames, plan.watched),
            Subject::Death => death::measure(&mut self.times, plan.deaths),
        }
    }

    fn book(&mut self) -> &mut Book {
        &mut self.times
    }

    fn tables(&self) -> Result<String> {
        sections(&[("Times", &self.times), ("A frame's way", &self.frames)])
    }

    fn play(role: &str, words: &[String]) -> Result<()> {
        match role {
            "answerer" => floor::be_answerer(words),
            "shm-reader" => readers::be_shm_reader(words),
            "key-reader" => readers::be_key_reader(),
            "writer" => death::be_writer(words),
            other => no_such_role(other),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::from(Args::parse().arguments);
    let streamer = Streamer {
        plan: if arguments.quick { QUICK } else { FULL },
        times: Book::default(),
        frames: Sheet::new(&frames::COLUMNS),
    };
    // The daemon has threads of its own, which nobody here can place.
    program::run(&arguments, Placement::Scheduled, streamer)
}
