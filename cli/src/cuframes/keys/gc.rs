//! `cuframes gc`.

use cuframes::keys;
use program::output::{print, print_json};
use serde::Serialize;

use cuframes_cli::args::GcArguments;
use cuframes_cli::exit::Failure;

/// What was removed, or would be.
#[derive(Debug, Serialize)]
struct Report {
    dry_run: bool,
    removed: Vec<String>,
}

/// Removes what dead publishers left behind, and says what.
pub fn run(arguments: &GcArguments) -> Result<(), Failure> {
    let removed = keys::collect_garbage(arguments.dry_run)?;
    let report = Report {
        dry_run: arguments.dry_run,
        removed: removed
            .iter()
            .map(|path| path.display().to_string())
            .collect(),
    };
    if arguments.json {
        return Ok(print_json(&report)?);
    }
    let what = if report.dry_run {
        "would remove"
    } else {
        "removed"
    };
    let lines = report.removed.iter().map(|path| format!("{what} {path}\n"));
    Ok(print(&lines.collect::<String>())?)
}
