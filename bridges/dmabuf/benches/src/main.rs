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

use std::path::PathBuf;
use std::time::Duration;

use bench_harness::book::Book;
use bench_harness::sheet::Sheet;
use bench_harness::{Result, machine, report};
use clap::{Parser, ValueEnum};

/// Measure frame lending on this machine.
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
    /// Time of a frame to its consumer, and there and back.
    Trips,
    /// What frames cost that come 240 times a second.
    Rates,
}

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    trips: usize,
    watched: Duration,
}

struct Figures {
    times: Book,
    rates: Sheet,
}

impl Subject {
    fn measure(self, figures: &mut Figures, plan: &Plan) -> Result<()> {
        match self {
            Subject::Trips => trips::measure(&mut figures.times, plan.trips),
            Subject::Rates => rates::measure(&mut figures.rates, plan.watched),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    machine::choose_processors()?;
    if let Some(role) = &args.role {
        return play(role, &args.words);
    }
    let plan = match args.quick {
        true => Plan {
            trips: 200,
            watched: Duration::from_millis(500),
        },
        false => Plan {
            trips: 5000,
            watched: Duration::from_secs(5),
        },
    };
    let runs = args.runs.unwrap_or(if args.quick { 1 } else { 5 });
    let subjects = match args.only.as_slice() {
        [] => Subject::value_variants(),
        some => some,
    };
    let mut figures = Figures {
        times: Book::default(),
        rates: Sheet::new(&rates::COLUMNS),
    };
    let load_before = machine::load();
    let seconds = args.patience.unwrap_or(if args.quick { 0 } else { 60 });
    let mut patience = Duration::from_secs(seconds);
    for run in 1..=runs {
        for subject in subjects {
            let name = subject.to_possible_value();
            let name = name.as_ref().map_or("", |value| value.get_name());
            eprintln!("run {run} of {runs}: {name}");
            let is_quiet = machine::wait_until_quiet(&mut patience);
            figures.times.note_start(is_quiet);
            subject.measure(&mut figures, &plan)?;
        }
    }
    let text = report::heading(&figures.times, runs, false, &load_before)? + &markdown(&figures)?;
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
    if !figures.times.rows.is_empty() {
        text += &format!("### Times\n\n{}\n", report::table(&figures.times)?);
    }
    if !figures.rates.is_empty() {
        text += &format!("### 240 frames a second\n\n{}", figures.rates.markdown()?);
    }
    Ok(text)
}

/// The other process.
fn play(role: &str, words: &[String]) -> Result<()> {
    match role {
        "consumer" => consumer::be_consumer(words),
        "echo" => floor::be_echo(words),
        other => Err(format!("there is no role {other}").into()),
    }
}
