//! Measures how long a frame takes to an inference process and back, and what lending costs, each
//! figure beside what the machine itself needs for the like, in the same run.
//!
//! Consumers are processes of their own: this program again. They return each frame at once, since
//! what a model does with it is none of ours.

mod consumer;
mod floor;
mod pool;
mod rates;
mod trips;

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

/// Measure frame lending on this machine.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    arguments: QuickArguments<Subject>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    /// Time of a frame to its consumer, and there and back.
    Trips,
    /// What frames cost that come 240 times a second.
    Rates,
}

/// How much is measured.
struct Plan {
    trips: usize,
    watched: Duration,
}

const QUICK: Plan = Plan {
    trips: 200,
    watched: Duration::from_millis(500),
};
const FULL: Plan = Plan {
    trips: 5000,
    watched: Duration::from_secs(5),
};

struct Lending {
    plan: Plan,
    times: Book,
    rates: Sheet,
}

impl Bench for Lending {
    type Subject = Subject;

    fn measure(&mut self, subject: Subject) -> Result<()> {
        match subject {
            Subject::Trips => trips::measure(&mut self.times, self.plan.trips),
            Subject::Rates => rates::measure(&mut self.rates, self.plan.watched),
        }
    }

    fn book(&mut self) -> &mut Book {
        &mut self.times
    }

    fn tables(&self) -> Result<String> {
        sections(&[("Times", &self.times), ("240 frames a second", &self.rates)])
    }

    fn play(role: &str, words: &[String]) -> Result<()> {
        match role {
            "consumer" => consumer::be_consumer(words),
            "echo" => floor::be_echo(words),
            other => no_such_role(other),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::from(Args::parse().arguments);
    let lending = Lending {
        plan: if arguments.quick { QUICK } else { FULL },
        times: Book::default(),
        rates: Sheet::new(&rates::COLUMNS),
    };
    program::run(&arguments, Placement::Pinned, lending)
}
