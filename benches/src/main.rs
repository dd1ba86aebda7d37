//! Measures how long things take, each beside what the machine itself needs for the like.
//!
//! One program plays both processes: it executes itself again for the other one.

mod copy;
mod crowd;
mod death;
mod floor;
mod gpu;
mod join;
mod packets;
mod publish;
mod run_directory;
mod wake;

use bench_harness::Result;
use bench_harness::arguments::{Arguments, Unpinned};
use bench_harness::book::Book;
use bench_harness::program::{self, Bench};
use bench_harness::report::Table;
use clap::{Parser, ValueEnum};

/// Measure cuframes on this machine.
#[derive(Parser)]
#[command(
    version,
    mut_arg("only", |only| {
        only.help(
            "Measure only this [default: everything but packets, which have a table of their own]",
        )
    }),
)]
struct Args {
    #[command(flatten)]
    arguments: Arguments<Subject, Unpinned>,
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
}

/// The library's: all its figures are times.
#[derive(Default)]
struct Library(Book);

impl Bench for Library {
    type Subject = Subject;

    fn usual() -> Vec<Subject> {
        let all = Subject::value_variants().iter().copied();
        all.filter(|subject| !subject.has_own_table()).collect()
    }

    fn measure(&mut self, subject: Subject) -> Result<()> {
        let book = &mut self.0;
        match subject {
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

    fn book(&mut self) -> &mut Book {
        &mut self.0
    }

    fn tables(&self) -> Result<String> {
        self.0.markdown()
    }

    fn name_in_file(subjects: &[Subject]) -> Option<&'static str> {
        let own = subjects.iter().all(|subject| subject.has_own_table());
        own.then_some("packets")
    }

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
}

fn main() -> Result<()> {
    let Args { arguments } = Args::parse();
    if arguments.role.is_none() && run_directory::is_shared() {
        return run_directory::with_own();
    }
    program::run(&arguments, arguments.own.placement(), Library::default())
}
