//! A table of figures that are not times alone: each cell the median of the runs and their spread.

use std::fmt::Write;

use crate::Result;
use crate::report::{Table, time};

/// What a column counts, and so how it is written.
#[derive(Clone, Copy)]
pub enum Unit {
    /// Frames a second, or bytes: with the letter of the thousands.
    Rate,
    /// How many times something else.
    Times,
    /// A time.
    Nanoseconds,
    /// How many.
    Count,
}

/// A column.
pub struct Column {
    name: &'static str,
    unit: Unit,
}

impl Column {
    /// A column of that heading.
    pub const fn new(name: &'static str, unit: Unit) -> Self {
        Column { name, unit }
    }
}

struct Row {
    what: String,
    target: Option<AtLeast>,
    runs: Vec<Vec<f64>>,
}

/// What the median of a column is to reach.
#[derive(Clone, Copy)]
pub struct AtLeast {
    /// The column, from 0 on.
    pub column: usize,
    /// What it is to reach.
    pub value: f64,
}

/// The table.
pub struct Sheet {
    columns: &'static [Column],
    rows: Vec<Row>,
}

impl Sheet {
    /// A table with these columns.
    pub fn new(columns: &'static [Column]) -> Self {
        let rows = Vec::new();
        Sheet { columns, rows }
    }

    /// Adds one run of `what`: a value for each column, or NaN where there is none.
    pub fn add(&mut self, what: &str, target: Option<AtLeast>, values: Vec<f64>) {
        assert_eq!(values.len(), self.columns.len(), "a value for each column");
        match self.rows.iter_mut().find(|row| row.what == what) {
            Some(row) => row.runs.push(values),
            None => self.rows.push(Row {
                what: what.to_owned(),
                target,
                runs: vec![values],
            }),
        }
    }
}

impl Table for Sheet {
    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn markdown(&self) -> Result<String> {
        let mut text = String::new();
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        writeln!(text, "| what | target | {} |", names.join(" | "))?;
        writeln!(text, "|---|---|{}", "---|".repeat(names.len()))?;
        for row in &self.rows {
            let cells = (0..names.len()).map(|index| row.cell(index, self.columns[index].unit));
            let cells: Vec<String> = cells.collect();
            let verdict = row.verdict(self.columns);
            writeln!(text, "| {} | {verdict} | {} |", row.what, cells.join(" | "))?;
        }
        Ok(text)
    }
}

impl Row {
    /// Lowest, median and highest.
    fn spread(&self, column: usize) -> (f64, f64, f64) {
        let mut values: Vec<f64> = self.runs.iter().map(|run| run[column]).collect();
        values.sort_by(f64::total_cmp);
        (
            values[0],
            values[values.len() / 2],
            values[values.len() - 1],
        )
    }

    fn cell(&self, column: usize, unit: Unit) -> String {
        let (low, median, high) = self.spread(column);
        match median.is_nan() {
            true => "–".to_owned(),
            false => format!(
                "{} [{}..{}]",
                unit.words(median),
                unit.words(low),
                unit.words(high)
            ),
        }
    }

    fn verdict(&self, columns: &[Column]) -> String {
        let Some(AtLeast { column, value }) = self.target else {
            return "–".to_owned();
        };
        let Column { name, unit } = &columns[column];
        let words = format!("{name} ≥ {}", unit.words(value));
        match self.spread(column).1 >= value {
            true => format!("{words}: reached"),
            false => format!("**{words}: missed**"),
        }
    }
}

impl Unit {
    fn words(self, value: f64) -> String {
        match self {
            Unit::Rate if value >= 1e9 => format!("{:.1} G", value / 1e9),
            Unit::Rate if value >= 1e6 => format!("{:.2} M", value / 1e6),
            Unit::Rate if value >= 1e3 => format!("{:.1} k", value / 1e3),
            Unit::Times if value < 0.1 => format!("{value:.4}"),
            Unit::Times => format!("{value:.2}"),
            Unit::Nanoseconds => time(value),
            Unit::Rate | Unit::Count => format!("{value:.0}"),
        }
    }
}
