//! Man pages and completions, from the definition of the arguments itself.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::Failure;
use crate::report::print;

/// Writes a man page for the program and one for each command.
pub fn man(directory: &Path) -> Result<(), Failure> {
    let failed = || Failure::io(format!("write man pages to {}", directory.display()));
    std::fs::create_dir_all(directory).map_err(failed())?;
    clap_mangen::generate_to(Arguments::command(), directory).map_err(failed())
}

/// Writes a shell's completions to standard output.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "vizion", &mut script);
    print(&String::from_utf8_lossy(&script))
}
