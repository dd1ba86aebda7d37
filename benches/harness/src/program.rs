//! A bench as a program: one of its other processes, or all subjects in all runs, and then the
//! figures, printed or kept.

use clap::{Args, ValueEnum};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::arguments::Arguments;
use crate::book::Book;
use crate::machine::Placement;
use crate::{Result, machine, report};

/// What a bench measures, and where its figures are.
pub trait Bench {
    /// What it can measure by itself.
    type Subject: ValueEnum + Copy + Send + Sync + 'static;

    /// What is measured if nothing is named: everything, unless it says otherwise.
    fn usual() -> Vec<Self::Subject> {
        Self::Subject::value_variants().to_vec()
    }

    /// Measures a subject once.
    fn measure(&mut self, subject: Self::Subject) -> Result<()>;

    /// The table of times, which also has how the measuring went.
    fn book(&mut self) -> &mut Book;

    /// All tables.
    fn tables(&self) -> Result<String>;

    /// Which figures of a file those of `subjects` replace: those without a name, unless it says
    /// otherwise.
    fn name_in_file(_subjects: &[Self::Subject]) -> Option<&'static str> {
        None
    }

    /// Is the other process, in the role that it was started for.
    fn play(role: &str, words: &[String]) -> Result<()>;
}

/// Does what the program was told.
pub fn run<B: Bench, O: Args>(
    arguments: &Arguments<B::Subject, O>,
    placement: Placement,
    mut bench: B,
) -> Result<()> {
    if let Some(role) = &arguments.role {
        // Who spins for a process that was killed would spin for ever.
        set_parent_process_death_signal(Some(Signal::KILL))?;
        return B::play(role, &arguments.words);
    }
    if placement == Placement::Pinned {
        machine::choose_processors()?;
    }
    let subjects = match arguments.only.is_empty() {
        true => B::usual(),
        false => arguments.only.clone(),
    };
    let load_before = machine::load();
    measure(&mut bench, &subjects, arguments)?;
    let head = report::heading(bench.book(), arguments.runs(), placement, &load_before)?;
    let text = head + &bench.tables()?;
    match &arguments.out {
        Some(_) if arguments.quick => return Err("figures of a quick run are not kept".into()),
        Some(_) if bench.book().simulated => {
            return Err("figures of a simulation are not kept".into());
        }
        Some(path) => report::replace(path, B::name_in_file(&subjects), text.trim_end())?,
        None => println!("{text}"),
    }
    match bench.book().failures.len() {
        0 => Ok(()),
        some => Err(format!("{some} measurements failed").into()),
    }
}

/// Every subject in every run, each when nobody else uses the machine if that can be had.
fn measure<B: Bench, O: Args>(
    bench: &mut B,
    subjects: &[B::Subject],
    arguments: &Arguments<B::Subject, O>,
) -> Result<()> {
    let runs = arguments.runs();
    let mut patience = arguments.patience();
    for run in 1..=runs {
        for &subject in subjects {
            eprintln!("run {run} of {runs}: {}", name(subject));
            let is_quiet = machine::wait_until_quiet(&mut patience);
            bench.book().note_start(is_quiet);
            bench.measure(subject)?;
        }
    }
    Ok(())
}

/// As it is written after `--only`.
fn name(subject: impl ValueEnum) -> String {
    let value = subject.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}
