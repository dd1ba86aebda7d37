//! Man pages and completions, from the definition of the arguments itself.

use std::fs;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::ending::Ending;

/// Writes a man page for the program whose arguments are `A`, and one for each of its commands.
pub fn man<A: CommandFactory>(directory: &Path) -> Result<(), Ending> {
    let failed = || Ending::io(format!("write man pages to {}", directory.display()));
    fs::create_dir_all(directory).map_err(failed())?;
    clap_mangen::generate_to(A::command(), directory).map_err(failed())
}

/// A shell's completions for the program whose arguments are `A`.
pub fn completions<A: CommandFactory>(shell: Shell) -> String {
    let mut command = A::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}
