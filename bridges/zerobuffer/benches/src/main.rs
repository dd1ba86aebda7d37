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

use std::path::PathBuf;
use std::time::Duration;

use bench_harness::book::Book;
use bench_harness::{Result, machine, report};
use clap::{Parser, ValueEnum};

use bench_harness::sheet::Sheet;
use plan::Plan;

/// Measure ZeroBuffer on this machine.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Measure little and once: it shows that this program works.
    #[arg(long)]
    quick: bool,
    /// How often everything is measured [default: 5, quick 1].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Measure only this [default: everything].
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
    /// Leave the peer in Python out.
    #[arg(long)]
    no_peer: bool,
    /// Leave it to the scheduler which processor runs what.
    #[arg(long)]
    unpinned: bool,
    /// Seconds to wait in all for moments in which nobody else uses the machine [default: 60, quick 0].
    #[arg(long)]
    patience: Option<u64>,
    /// Replace the figures between the markers of this file instead of printing them.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Be the other process.
    #[arg(long = "as", hide = true)]
    role: Option<String>,
    /// What the other process is told.
    #[arg(hide = true)]
    words: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Subject {
    OneWay,
    RoundTrip,
    Creation,
    Rest,
}

/// What was measured.
struct Figures {
    trips: Book,
    one_way: Sheet,
    creation: Sheet,
    rest: Sheet,
}

impl Subject {
    fn measure(self, figures: &mut Figures, plan: &Plan, with_peer: bool) -> Result<()> {
        match self {
            Subject::OneWay => one_way::measure(&mut figures.one_way, plan, with_peer),
            Subject::RoundTrip => round_trip::measure(&mut figures.trips, plan, with_peer),
            Subject::Creation => creation::measure(&mut figures.creation, plan, with_peer),
            Subject::Rest => rest::measure(&mut figures.rest, plan, with_peer),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(role) = &args.role {
        return play(role, &args.words);
    }
    if !args.unpinned {
        machine::choose_processors()?;
    }
    let plan = Plan::new(args.quick);
    let runs = args.runs.unwrap_or(if args.quick { 1 } else { 5 });
    let subjects = match args.only.as_slice() {
        [] => Subject::value_variants(),
        some => some,
    };
    let mut figures = Figures {
        trips: Book::default(),
        one_way: Sheet::new(&one_way::COLUMNS),
        creation: Sheet::new(&creation::COLUMNS),
        rest: Sheet::new(&rest::COLUMNS),
    };
    let load_before = machine::load();
    let seconds = args.patience.unwrap_or(if args.quick { 0 } else { 60 });
    let mut patience = Duration::from_secs(seconds);
    for run in 1..=runs {
        for subject in subjects {
            let name = subject.to_possible_value();
            let name = name.as_ref().map_or("", |value| value.get_name());
            eprintln!("run {run} of {runs}: {name}");
            figures
                .trips
                .note_start(machine::wait_until_quiet(&mut patience));
            subject.measure(&mut figures, &plan, !args.no_peer)?;
        }
    }
    let mut text = report::heading(&figures.trips, runs, args.unpinned, &load_before)?;
    text += &markdown(&figures)?;
    match &args.out {
        Some(_) if args.quick => Err("figures of a quick run are not kept".into()),
        Some(path) => report::replace(path, None, text.trim_end()),
        None => {
            println!("{text}");
            Ok(())
        }
    }
}

fn markdown(figures: &Figures) -> Result<String> {
    let mut text = String::new();
    let sheets = [
        ("One way", &figures.one_way),
        ("Creation of 256 MiB", &figures.creation),
        ("At rest", &figures.rest),
    ];
    for (title, sheet) in sheets.iter().filter(|(_, sheet)| !sheet.is_empty()) {
        text += &format!("### {title}\n\n{}\n", sheet.markdown()?);
    }
    if !figures.trips.rows.is_empty() {
        text += &format!("### There and back\n\n{}", report::table(&figures.trips)?);
    }
    Ok(text)
}

/// The other process.
fn play(role: &str, words: &[String]) -> Result<()> {
    match role {
        "exchange" => floor::echo(words),
        "writer" => one_way::be_writer(words),
        "echo" => round_trip::be_echo(words),
        "sleeper" => rest::be_sleeper(words),
        other => Err(format!("there is no role {other}").into()),
    }
}
