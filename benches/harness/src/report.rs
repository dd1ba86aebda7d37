//! The figures as tables, below what there is to say of all of them.

use std::fmt::Write;
use std::path::Path;

use crate::Result;
use crate::book::{Book, Row, Target};
use crate::machine::{self, Placement};

const END: &str = "<!-- end of figures -->";
const SIMULATED: &str = "**simulated: these figures describe a simulation and no GPU**";

/// A table of figures.
pub trait Table {
    /// Whether nothing was measured.
    fn is_empty(&self) -> bool;

    /// As Markdown, a line for each row.
    fn markdown(&self) -> Result<String>;
}

/// Those tables in which something was measured, each below its title.
pub fn sections(tables: &[(&str, &dyn Table)]) -> Result<String> {
    let mut sections = Vec::new();
    for (title, table) in tables.iter().filter(|(_, table)| !table.is_empty()) {
        sections.push(format!("### {title}\n\n{}", table.markdown()?));
    }
    Ok(sections.join("\n"))
}

/// Machine and date, and what there is to say of all figures.
pub fn heading(book: &Book, runs: u32, placement: Placement, load_before: &str) -> Result<String> {
    let placed = match placement {
        Placement::Scheduled => "placed by the scheduler",
        Placement::Pinned => "each pinned to a processor of its own",
    };
    let mut text = String::new();
    if book.simulated {
        writeln!(text, "{SIMULATED}\n")?;
    }
    writeln!(
        text,
        "Measured on {}: {}.",
        machine::date(),
        machine::description()
    )?;
    writeln!(
        text,
        "{runs} runs; the two processes {placed}; load averages {load_before} before, {} after;\n\
         {} of {} measurements began while others used the machine.\n",
        machine::load(),
        book.busy_starts,
        book.starts,
    )?;
    for note in &book.notes {
        writeln!(text, "- {note}")?;
    }
    for failure in &book.failures {
        writeln!(text, "- **failed:** {failure}")?;
    }
    if !book.notes.is_empty() {
        writeln!(text)?;
    }
    Ok(text)
}

impl Table for Book {
    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn markdown(&self) -> Result<String> {
        let mut text = String::new();
        writeln!(
            text,
            "| what | target | p50 | of the runs | floor p50 | p90 | p99 | p99.9 | max | samples |\n\
             |---|---|---|---|---|---|---|---|---|---|"
        )?;
        for row in &self.rows {
            writeln!(text, "{}", line(self, row))?;
        }
        Ok(text)
    }
}

fn line(book: &Book, row: &Row) -> String {
    let floor = row.floor.and_then(|floor| book.row(floor));
    let floor = floor.map_or(f64::NAN, |floor| floor.median(|run| run.p50));
    let (low, high) = row.range();
    let count: u64 = row.runs.iter().map(|run| run.count).sum();
    format!(
        "| {} | {} | {} | {} to {} | {} | {} | {} | {} | {} | {} |",
        row.what,
        verdict(row, floor),
        time(row.median(|run| run.p50)),
        time(low),
        time(high),
        time(floor),
        time(row.median(|run| run.p90)),
        time(row.median(|run| run.p99)),
        time(row.median(|run| run.p999)),
        time(row.highest()),
        if count == 0 {
            "–".to_owned()
        } else {
            count.to_string()
        },
    )
}

/// The target in words, and whether it is reached.
fn verdict(row: &Row, floor: f64) -> String {
    let median = row.median(|run| run.p50);
    let (reached, words) = match row.target {
        Target::None => return "–".to_owned(),
        Target::AtMost(limit) => (median <= limit, format!("p50 ≤ {}", time(limit))),
        Target::AboveFloor(more) => (
            median <= floor + more,
            format!("p50 ≤ floor + {}", time(more)),
        ),
        Target::TimesFloor(times) => (
            median <= floor * times,
            format!("p50 ≤ floor + {:.0} %", (times - 1.0) * 100.0),
        ),
        Target::Never(limit) => (row.highest() <= limit, format!("max ≤ {}", time(limit))),
    };
    match reached {
        true => format!("{words}: reached"),
        false => format!("**{words}: missed**"),
    }
}

/// Nanoseconds with the unit that suits them.
pub fn time(ns: f64) -> String {
    match ns.abs() {
        _ if ns.is_nan() => "–".to_owned(),
        small if small < 20.0 => format!("{ns:.1} ns"),
        small if small < 10_000.0 => format!("{ns:.0} ns"),
        middle if middle < 1e6 => format!("{:.1} µs", ns / 1e3),
        _ => format!("{:.1} ms", ns / 1e6),
    }
}

/// Puts `text` between the markers of the file at `path`: those of the table called `table`, or
/// of the one without a name.
pub fn replace(path: &Path, table: Option<&str>, text: &str) -> Result<()> {
    let old = std::fs::read_to_string(path)?;
    let begin = match table {
        Some(name) => format!("<!-- figures of {name} -->"),
        None => "<!-- figures -->".to_owned(),
    };
    let (before, rest) = old
        .split_once(&begin)
        .ok_or_else(|| format!("the file has no {begin}"))?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("the figures of the file have no end")?;
    Ok(std::fs::write(
        path,
        format!("{before}{begin}\n\n{text}\n{END}{after}"),
    )?)
}
