//! How results are written to standard output.

use std::io::{self, Write};

use serde::Serialize;

use crate::ending::Ending;

/// Writes to standard output.
pub fn print(text: &str) -> Result<(), Ending> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(Ending::io("write to standard output"))
}

/// A report as one line of JSON.
pub fn to_json(report: &impl Serialize) -> String {
    // Reports have strings for keys and no numbers that JSON lacks, so this is never empty.
    serde_json::to_string(report).unwrap_or_default()
}

/// Writes a report as one line of JSON to standard output.
pub fn print_json(report: &impl Serialize) -> Result<(), Ending> {
    print(&format!("{}\n", to_json(report)))
}

/// Writes a report as one JSON document of many lines to standard output.
pub fn print_indented_json(report: &impl Serialize) -> Result<(), Ending> {
    // As above.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    print(&format!("{text}\n"))
}

/// Rows below their headings, in columns as wide as needed.
pub fn table(headings: &[impl AsRef<str>], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings
        .iter()
        .map(|text| text.as_ref().to_owned())
        .collect();
    let lines = || std::iter::once(&headings).chain(rows);
    let mut widths = Vec::new();
    for line in lines() {
        widths.resize(line.len().max(widths.len()), 0);
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for line in lines() {
        let cells = line.iter().zip(&widths);
        let padded: String = cells
            .map(|(cell, &width)| format!("{cell:width$}  "))
            .collect();
        text += padded.trim_end();
        text += "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn columns_are_as_wide_as_needed() {
        let rows = [row(&["a", "b"]), row(&["longer", ""])];
        assert_eq!(table(&["K", "V"], &rows), "K       V\na       b\nlonger\n");
        assert_eq!(table(&["K", "V"], &[]), "K  V\n");
    }

    #[test]
    fn a_row_may_have_fewer_cells() {
        let rows = [row(&["a", "why not"]), row(&["b", "c", "d"])];
        let wanted = "K  V        W\na  why not\nb  c        d\n";
        assert_eq!(table(&["K", "V", "W"], &rows), wanted);
    }
}
