//! How reports are written.

use std::io::{self, Write};

use serde::Serialize;

use crate::exit::Failure;

/// Writes a report as one JSON document to standard output, indented as the other languages do.
pub fn print_json(report: &impl Serialize) -> Result<(), Failure> {
    // Reports have strings for keys and no numbers that JSON lacks, so this is never empty.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    print(&format!("{text}\n"))
}

/// Writes to standard output.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    written.map_err(Failure::io("write to standard output"))
}

/// Rows below their headings, in columns as wide as needed.
pub fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let headings: Vec<String> = headings.iter().map(|&text| text.to_owned()).collect();
    let lines = || std::iter::once(&headings).chain(rows);
    let mut text = String::new();
    for line in lines() {
        for (column, cell) in line.iter().enumerate() {
            let cells = lines().filter_map(|line| line.get(column));
            let width = cells.map(|cell| cell.chars().count()).max().unwrap_or(0);
            text += &format!("{cell:width$}  ", width = width);
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_needed() {
        let rows = [
            vec!["a".to_owned(), "b".to_owned()],
            vec!["longer".to_owned(), String::new()],
        ];
        assert_eq!(table(&["K", "V"], &rows), "K       V\na       b\nlonger\n");
    }
}
