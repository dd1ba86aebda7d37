//! How reports are written.

use std::io::{self, Write};

use cuframes::{MemoryKind, SyncKind};
use serde::Serialize;

use crate::exit::Failure;

/// A report as one line of JSON.
pub fn to_json(report: &impl Serialize) -> String {
    // Reports have strings for keys and no numbers that JSON lacks, so this is never empty.
    serde_json::to_string(report).unwrap_or_default()
}

/// Writes a report as one line of JSON to standard output.
pub fn print_json(report: &impl Serialize) -> Result<(), Failure> {
    print(&format!("{}\n", to_json(report)))
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
            let last = column + 1 == line.len();
            let width = if last { 0 } else { width + 2 };
            text += &format!("{cell:width$}");
        }
        text = text.trim_end().to_owned() + "\n";
    }
    text
}

/// A kind of memory as it is asked for.
pub fn memory(kind: MemoryKind) -> &'static str {
    match kind {
        MemoryKind::Host => "host",
        MemoryKind::CudaIpc => "cuda_ipc",
        MemoryKind::CudaVmm => "cuda_vmm",
        MemoryKind::Dmabuf => "dmabuf",
    }
}

/// What tells that frames are complete, as it is asked for.
pub fn sync(kind: SyncKind) -> &'static str {
    match kind {
        SyncKind::Cpu => "cpu",
        SyncKind::CudaEvent => "event",
        SyncKind::CudaTimeline => "timeline",
    }
}

/// A ratio as `N/D`, if it is told.
pub fn ratio((num, den): (u32, u32)) -> Option<String> {
    (num != 0 && den != 0).then(|| format!("{num}/{den}"))
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
        assert_eq!(table(&["K", "V"], &[]), "K  V\n");
    }
}
