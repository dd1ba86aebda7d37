//! How a program ends: by a signal, or with a reason and a code.

use std::fmt::Display;
use std::io::{self, Write};
use std::process;

use signal_hook::consts::SIGPIPE;

/// Why a program ends that cannot go on, whatever its work is.
#[derive(Debug, thiserror::Error)]
pub enum Ending {
    /// This signal came. SIGPIPE is output that nobody reads any more.
    #[error("signal {0}")]
    Signal(i32),
    /// A file, a pipe or a directory.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Ending {
    /// Wraps what the kernel said about `what`. Output that nobody reads any more is as quiet
    /// an end as that of any other filter.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Ending {
        let what = what.into();
        move |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Ending::Signal(SIGPIPE),
            _ => Ending::Io { what, source },
        }
    }

    /// What the shell sees.
    pub fn code(&self) -> i32 {
        match self {
            Ending::Signal(signal) => 128 + signal,
            Ending::Io { .. } => 1,
        }
    }
}

/// Ends the program by a signal, once everything is tidied up.
pub fn by_signal(signal: i32) -> ! {
    // Whoever waits for this process sees that the signal ended it. It only returns for signals
    // that end nothing.
    let _ = signal_hook::low_level::emulate_default_handler(signal);
    process::exit(Ending::Signal(signal).code())
}

/// Tells on standard error why `program` ends, and ends it with this code.
pub fn with_code(program: &str, reason: &impl Display, code: i32) -> ! {
    // Nobody is left to be told that nobody reads this.
    let _ = writeln!(io::stderr(), "{program}: {reason}");
    process::exit(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_nobody_reads_is_a_signal() {
        let ending = Ending::io("write")(io::ErrorKind::BrokenPipe.into());
        assert_eq!(ending.code(), 141);
        assert_eq!(ending.to_string(), "signal 13");
    }

    #[test]
    fn other_errors_are_told() {
        let ending = Ending::io("write")(io::ErrorKind::StorageFull.into());
        assert_eq!(ending.code(), 1);
        assert_eq!(ending.to_string(), "write: no storage space");
    }
}
