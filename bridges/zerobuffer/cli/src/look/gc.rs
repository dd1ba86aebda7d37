//! `zerobuffer gc`.

use program::output::{print, print_indented_json};
use serde::Serialize;

use crate::args::GcArguments;
use crate::exit::Failure;

/// What was removed, or would be.
#[derive(Serialize)]
struct Report {
    dry_run: bool,
    removed: Vec<Row>,
}

/// One buffer.
#[derive(Serialize)]
struct Row {
    name: String,
    files: Vec<String>,
}

/// Removes what dead readers left behind, and says what.
pub fn run(arguments: &GcArguments) -> Result<(), Failure> {
    let removed = zerobuffer::remove_stale(arguments.dry_run);
    let removed = removed.map_err(Failure::io("remove what dead readers left"))?;
    let rows = removed.into_iter().map(|buffer| Row {
        files: buffer
            .files
            .iter()
            .map(|file| file.display().to_string())
            .collect(),
        name: buffer.name,
    });
    let report = Report {
        dry_run: arguments.dry_run,
        removed: rows.collect(),
    };
    if arguments.json {
        return Ok(print_indented_json(&report)?);
    }
    let what = if report.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let files = report.removed.iter().flat_map(|row| &row.files);
    let lines = files.map(|file| format!("{what} {file}\n"));
    Ok(print(&lines.collect::<String>())?)
}
