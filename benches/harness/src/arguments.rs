//! What benches can be told.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::machine::Placement;

/// What every bench can be told: `S` are the subjects that it can measure by themselves, `O` its
/// own options, which stand among these.
#[derive(Args)]
pub struct Arguments<S: ValueEnum + Send + Sync + 'static, O: Args = ()> {
    /// Measure little and once; only where the bench has such an option.
    #[arg(skip)]
    pub quick: bool,
    /// How often everything is measured [default: 5].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    runs: Option<u32>,
    /// Measure only this [default: everything].
    #[arg(long, value_enum, value_delimiter = ',')]
    pub only: Vec<S>,
    /// The options of this bench alone.
    #[command(flatten)]
    pub own: O,
    /// Seconds to wait in all for moments in which nobody else uses the machine [default: 60].
    #[arg(long)]
    patience: Option<u64>,
    /// Replace the figures between the markers of this file instead of printing them.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// Be the other process.
    #[arg(long = "as", hide = true)]
    pub role: Option<String>,
    /// What the other process is told.
    #[arg(hide = true)]
    pub words: Vec<String>,
}

impl<S: ValueEnum + Send + Sync + 'static, O: Args> Arguments<S, O> {
    /// How often everything is measured.
    pub fn runs(&self) -> u32 {
        self.runs.unwrap_or(if self.quick { 1 } else { 5 })
    }

    /// How long to wait in all for a quiet machine.
    pub fn patience(&self) -> Duration {
        let usual = if self.quick { 0 } else { 60 };
        Duration::from_secs(self.patience.unwrap_or(usual))
    }
}

/// The same for a bench that can show quickly that it works.
#[derive(Args)]
#[command(
    mut_arg("runs", |runs| {
        runs.help("How often everything is measured [default: 5, quick 1]")
    }),
    mut_arg("patience", |patience| {
        patience.help(
            "Seconds to wait in all for moments in which nobody else uses the machine \
             [default: 60, quick 0]",
        )
    }),
)]
pub struct QuickArguments<S: ValueEnum + Send + Sync + 'static, O: Args = ()> {
    /// Measure little and once: it shows that this program works.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    others: Arguments<S, O>,
}

impl<S: ValueEnum + Send + Sync + 'static, O: Args> From<QuickArguments<S, O>> for Arguments<S, O> {
    fn from(QuickArguments { quick, others }: QuickArguments<S, O>) -> Self {
        Arguments { quick, ..others }
    }
}

/// The option of a bench that can do without processors of its own.
#[derive(Args)]
pub struct Unpinned {
    /// Leave it to the scheduler which processor runs what.
    #[arg(long)]
    unpinned: bool,
}

impl Unpinned {
    /// Where the two processes run.
    pub fn placement(&self) -> Placement {
        match self.unpinned {
            true => Placement::Scheduled,
            false => Placement::Pinned,
        }
    }
}
