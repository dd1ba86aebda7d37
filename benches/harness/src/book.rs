//! What was measured: samples of one run become percentiles, percentiles of all runs a row.

use hdrhistogram::Histogram;

use crate::Result;

/// Longest time that is told from others: an hour.
const LONGEST_NS: u64 = 3_600_000_000_000;

/// Times of one run, in nanoseconds.
pub struct Samples(Histogram<u64>);

impl Samples {
    /// None yet.
    pub fn new() -> Result<Self> {
        Ok(Samples(Histogram::new_with_bounds(1, LONGEST_NS, 3)?))
    }

    /// Adds one.
    pub fn record(&mut self, ns: u64) {
        self.0.saturating_record(ns);
    }

    /// Those of `times`.
    pub fn of(times: &[u64]) -> Result<Self> {
        let mut samples = Self::new()?;
        times.iter().for_each(|&ns| samples.record(ns));
        Ok(samples)
    }

    /// The median.
    pub fn p50(&self) -> f64 {
        self.0.value_at_quantile(0.5) as f64
    }
}

/// Percentiles of one run, in nanoseconds.
#[allow(missing_docs, reason = "what each is, its name says")]
#[derive(Clone, Copy)]
pub struct Percentiles {
    pub count: u64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
}

impl From<&Samples> for Percentiles {
    fn from(Samples(histogram): &Samples) -> Self {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64;
        Percentiles {
            count: histogram.len(),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: histogram.max() as f64,
        }
    }
}

/// What a row is to reach.
#[derive(Clone, Copy)]
pub enum Target {
    /// It is the machine's own, or there to explain another.
    None,
    /// The median is at most so many nanoseconds.
    AtMost(f64),
    /// The median is at most so many nanoseconds above the floor's.
    AboveFloor(f64),
    /// The median is at most so many times the floor's.
    TimesFloor(f64),
    /// No sample is above so many nanoseconds.
    Never(f64),
}

/// One thing measured, in every run.
pub struct Row {
    /// What it says at the left of the row.
    pub what: String,
    /// What it is to reach.
    pub target: Target,
    /// The row of the machine's own time for the like.
    pub floor: Option<&'static str>,
    /// What each run found.
    pub runs: Vec<Percentiles>,
}

impl Row {
    /// The median over the runs of what `pick` takes of each.
    pub fn median(&self, pick: impl Fn(&Percentiles) -> f64) -> f64 {
        let mut values: Vec<f64> = self.runs.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// The lowest and the highest median of a run.
    pub fn range(&self) -> (f64, f64) {
        let medians = self.runs.iter().map(|run| run.p50);
        medians.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p50| {
            (low.min(p50), high.max(p50))
        })
    }

    /// The highest sample of all runs.
    pub fn highest(&self) -> f64 {
        self.runs.iter().map(|run| run.max).fold(f64::NAN, f64::max)
    }
}

/// All rows in the order in which they were first measured.
#[derive(Default)]
pub struct Book {
    /// What was measured.
    pub rows: Vec<Row>,
    /// Measurements begun.
    pub starts: u32,
    /// How many of them while others used the machine.
    pub busy_starts: u32,
    /// The GPU is not one.
    pub simulated: bool,
    /// What there was to measure on, and what there was not.
    pub notes: Vec<String>,
    /// What could not be measured, although it should.
    pub failures: Vec<String>,
}

impl Book {
    /// Counts the start of a measurement.
    pub fn note_start(&mut self, is_quiet: bool) {
        self.starts += 1;
        self.busy_starts += u32::from(!is_quiet);
    }

    /// Notes something for the reader of the table, once.
    pub fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Notes that something could not be measured.
    pub fn fail(&mut self, what: String) {
        eprintln!("failed: {what}");
        self.failures.push(what);
    }

    /// Adds one run of `what`.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        floor: Option<&'static str>,
        target: Target,
        samples: &Samples,
    ) {
        self.enter(what.into(), floor, target, samples.into());
    }

    /// Adds one run of a figure that is computed and not sampled.
    pub fn add_value(&mut self, what: impl Into<String>, target: Target, value: f64) {
        let unknown = f64::NAN;
        let run = Percentiles {
            count: 0,
            p50: value,
            p90: unknown,
            p99: unknown,
            p999: unknown,
            max: unknown,
        };
        self.enter(what.into(), None, target, run);
    }

    fn enter(
        &mut self,
        what: String,
        floor: Option<&'static str>,
        target: Target,
        run: Percentiles,
    ) {
        match self.rows.iter_mut().find(|row| row.what == what) {
            Some(row) => row.runs.push(run),
            None => self.rows.push(Row {
                what,
                target,
                floor,
                runs: vec![run],
            }),
        }
    }

    /// The row that is called so.
    pub fn row(&self, what: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.what == what)
    }
}
