//! Measures how long things take, each beside what the machine itself needs for the like.
//!
//! One program plays both processes: it executes itself again for the other one.

mod copy;
mod death;
#[allow(unsafe_code)]
mod floor;
mod gpu;
mod join;
mod packets;
mod publish;
mod wake;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, ValueEnum};

use bench_harness::book::Book;
use bench_harness::{Result, machine, report};

/// Where publishers and subscribers of this process meet.
const RUN_DIR: &str = "CUFRAMES_RUNTIME_DIR";

/// Measure cuframes on this machine.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// How often everything is measured.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// Measure only this [default: everything but packets, which have a table of their own].
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Subject>,
    /// Leave it to the scheduler which processor runs what.
    #[arg(long)]
    unpinned: bool,
    /// Seconds to wait in all for moments in which nobody else uses the machine.
    #[arg(long, default_value_t = 60)]
    patience: u64,
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
    Floor,
    Publish,
    Wake,
    Join,
    Copy,
    Death,
    Packets,
    Gpu,
}

impl Subject {
    /// True if its figures are not among those of the others.
    fn has_own_table(self) -> bool {
        self == Subject::Packets
    }

    fn measure(self, book: &mut Book) -> Result<()> {
        match self {
            Subject::Floor => floor::measure(book),
            Subject::Publish => publish::measure(book),
            Subject::Wake => wake::measure(book),
            Subject::Join => join::measure(book),
            Subject::Copy => copy::measure(book),
            Subject::Death => death::measure(book),
            Subject::Packets => packets::measure(book),
            Subject::Gpu => gpu::measure(book),
        }
    }
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(role) = &args.role {
        return play(role, &args.words);
    }
    if std::env::var_os(RUN_DIR).is_none() {
        return with_own_run_dir();
    }
    if !args.unpinned {
        machine::choose_processors()?;
    }
    let usual: Vec<Subject> = Subject::value_variants()
        .iter()
        .copied()
        .filter(|subject| !subject.has_own_table())
        .collect();
    let subjects = match args.only.as_slice() {
        [] => usual.as_slice(),
        some => some,
    };
    let load_before = machine::load();
    let mut book = Book::default();
    let mut patience = Duration::from_secs(args.patience);
    for run in 1..=args.runs {
        for subject in subjects {
            eprintln!("run {run} of {}: {}", args.runs, name(*subject));
            book.note_start(machine::wait_until_quiet(&mut patience));
            subject.measure(&mut book)?;
        }
    }
    let text = report::markdown(&book, args.runs, args.unpinned, &load_before)?;
    match &args.out {
        Some(_) if book.simulated => return Err("figures of a simulation are not kept".into()),
        Some(path) => {
            let own = subjects.iter().all(|subject| subject.has_own_table());
            report::replace(path, own.then_some("packets"), &text)?;
        }
        None => println!("{text}"),
    }
    match book.failures.len() {
        0 => Ok(()),
        some => Err(format!("{some} measurements failed").into()),
    }
}

/// Does it all in a child process that has a run directory of its own: nothing else on this
/// machine is met, and nothing is left over.
fn with_own_run_dir() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let status = std::process::Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .env(RUN_DIR, dir.path())
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("measuring ended with {status}").into()),
    }
}

fn name(subject: Subject) -> String {
    let value = subject.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// The other process.
fn play(role: &str, words: &[String]) -> Result<()> {
    match role {
        "echo" => floor::echo(words),
        "idle" => publish::be_idle(words),
        "reader" => wake::be_reader(words),
        "idle-packets" => packets::be_idle(words),
        "joined" => join::be_joined(words),
        "victim-publisher" => death::be_publisher(),
        "victim-subscriber" => death::be_subscriber(),
        _ => gpu::play(role, words),
    }
}
