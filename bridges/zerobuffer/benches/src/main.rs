//! Measures how long ZeroBuffer's frames take, each figure beside what the machine itself needs for
//! the like and beside the peer in Python, in the same run.
//!
//! One program plays both processes: it executes itself again for the other one.

mod creation;
mod floor;
mod one_way;
mod plan;
mod python;
mod rest;
mod round_trip;

use bench_harness::Result;
use bench_harness::arguments::{Arguments, QuickArguments, Unpinned};
use bench_harness::book::Book;
use bench_harness::peer::no_such_role;
use bench_harness::program::{self, Bench};
use bench_harness::report::sections;
use bench_harness::sheet::Sheet;
use clap::{Parser, ValueEnum};

use plan::Plan;

/// Measure ZeroBuffer on this machine.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    arguments: QuickArguments<Subject, Own>,
}

#[derive(clap::Args)]
struct Own {
    /// Leave the peer in Python out.
    #[arg(long)]
    no_peer: bool,
    #[command(flatten)]
    unpinned: Unpinned,
}

#[derive(Clone, Copy, ValueEnum)]
enum Subject {
    OneWay,
    RoundTrip,
    Creation,
    Rest,
}

struct ZeroBuffer {
    plan: Plan,
    with_peer: bool,
    trips: Book,
    one_way: Sheet,
    creation: Sheet,
    rest: Sheet,
}

impl Bench for ZeroBuffer {
    type Subject = Subject;

    fn measure(&mut self, subject: Subject) -> Result<()> {
        let (plan, with_peer) = (&self.plan, self.with_peer);
        match subject {
            Subject::OneWay => one_way::measure(&mut self.one_way, plan, with_peer),
            Subject::RoundTrip => round_trip::measure(&mut self.trips, plan, with_peer),
            Subject::Creation => creation::measure(&mut self.creation, plan, with_peer),
            Subject::Rest => rest::measure(&mut self.rest, plan, with_peer),
        }
    }

    fn book(&mut self) -> &mut Book {
        &mut self.trips
    }

    fn tables(&self) -> Result<String> {
        sections(&[
            ("One way", &self.one_way),
            ("Creation of 256 MiB", &self.creation),
            ("At rest", &self.rest),
            ("There and back", &self.trips),
        ])
    }

    fn play(role: &str, words: &[String]) -> Result<()> {
        match role {
            "exchange" => floor::echo(words),
            "writer" => one_way::be_writer(words),
            "echo" => round_trip::be_echo(words),
            "sleeper" => rest::be_sleeper(words),
            other => no_such_role(other),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::from(Args::parse().arguments);
    let zerobuffer = ZeroBuffer {
        plan: Plan::new(arguments.quick),
        with_peer: !arguments.own.no_peer,
        trips: Book::default(),
        one_way: Sheet::new(&one_way::COLUMNS),
        creation: Sheet::new(&creation::COLUMNS),
        rest: Sheet::new(&rest::COLUMNS),
    };
    program::run(&arguments, arguments.own.unpinned.placement(), zerobuffer)
}
