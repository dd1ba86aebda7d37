//! The man page and completions, from the definition of the arguments itself.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::Failure;

/// Writes the man page, and those of the subcommands.
pub fn man(directory: &Path) -> Result<(), Failure> {
    let failed = || Failure::io(format!("write man pages to {}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed())?;
    clap_mangen::generate_to(Arguments::command(), directory).map_err(failed())
}

/// Writes a shell's completions to standard output.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(shell, &mut command, "vizion-streamer", &mut script);
    let written = io::stdout().lock().write_all(&script);
    written.map_err(Failure::io("write completions"))
}
