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

use std::path::PathBuf;
use std::time::Duration;

use bench_harness::book::Book;
use bench_harness::sheet::Sheet;
use bench_harness::{Result, machine, report};
use clap::{Parser, ValueEnum};

/// Measure VizionStreamer on this machine.
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
#[derive(Clone, Copy)]
struct Plan {
    questions: usize,
    watched: Duration,
    deaths: usize,
}

struct Figures {
    times: Book,
    frames: Sheet,
}

impl Subject {
    fn measure(self, figures: &mut Figures, plan: &Plan) -> Result<()> {
        match self {
            Subject::Answers => answers::measure(&mut figures.times, plan.questions),
            Subject::Frames => frames::measure(&mut figures.frames, plan.watched),
            Subject::Readers => readers::measure(&mut figures.frames, plan.watched),
            Subject::Death => death::measure(&mut figures.times, plan.deaths),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(role) = &args.role {
        return play(role, &args.words);
    }
    let plan = match args.quick {
        true => Plan {
            questions: 50,
            watched: Duration::from_millis(500),
            deaths: 2,
        },
        false => Plan {
            questions: 2000,
            watched: Duration::from_secs(5),
            deaths: 20,
        },
    };
    let runs = args.runs.unwrap_or(if args.quick { 1 } else { 5 });
    let subjects = match args.only.as_slice() {
        [] => Subject::value_variants(),
        some => some,
    };
    let mut figures = Figures {
        times: Book::default(),
        frames: Sheet::new(&frames::COLUMNS),
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
    let text = report::heading(&figures.times, runs, true, &load_before)? + &markdown(&figures)?;
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
    if !figures.frames.is_empty() {
        text += &format!("### A frame's way\n\n{}", figures.frames.markdown()?);
    }
    Ok(text)
}

/// The other process.
fn play(role: &str, words: &[String]) -> Result<()> {
    match role {
        "answerer" => floor::be_answerer(words),
        "shm-reader" => readers::be_shm_reader(words),
        "key-reader" => readers::be_key_reader(),
        "writer" => death::be_writer(words),
        other => Err(format!("there is no role {other}").into()),
    }
}
