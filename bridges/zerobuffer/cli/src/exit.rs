//! How the program ends: each reason has an exit code of its own.

use std::io;
use std::time::Duration;

use program::ending::{self, Ending};
use program::log::InvalidFilter;
use zerobuffer::{Error, ErrorKind};

/// The table of the exit codes, for `--help` and the man pages.
pub const TABLE: &str = "\
Exit codes:
  0    done: all frames are written, read or relayed, or the writer ended
  1    any other error
  2    a wrong argument, or a name or size that no buffer can have
  3    not found: there is no such buffer; start its reader first
  4    not permitted: the buffer belongs to another user
  5    the other side is gone before everything was written, read or relayed
  6    time-out: no frame came, or no space was given back
  7    frames are not as --verify or --size say
  8    the other side broke the protocol, or the buffer is of another version
  9    the buffer has a reader or a writer already
  11   no room in /dev/shm
SIGINT, SIGTERM and SIGPIPE end the program after it has told its result; the shell sees 130, 143
and 141.";

/// Why the program does not end with 0.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    #[error("{0}")]
    Usage(String),
    /// The library's word.
    #[error(transparent)]
    Library(#[from] Error),
    /// No frame came.
    #[error(
        "no frame came to buffer '{name}' within {} ms; --timeout-ms 0 waits for ever",
        limit.as_millis()
    )]
    Silent {
        /// To this buffer.
        name: String,
        /// For so long.
        limit: Duration,
    },
    /// No buffer to write to came.
    #[error(
        "no reader made buffer '{name}' within {} ms; start it first",
        limit.as_millis()
    )]
    Missing {
        /// This one.
        name: String,
        /// For so long.
        limit: Duration,
    },
    /// The writer ended too early.
    #[error("the writer of buffer '{name}' is gone after {came} of {wanted} frames")]
    EndedEarly {
        /// Of this buffer.
        name: String,
        /// Frames that came.
        came: u64,
        /// Frames that were to come.
        wanted: u64,
    },
    /// Frames are not what they should be.
    #[error("of {all} frames {content} differ from the pattern, and {size} have another size")]
    Wrong {
        /// Those of another content.
        content: u64,
        /// Those of another size.
        size: u64,
        /// Of how many.
        all: u64,
    },
    /// A signal came, or the system said no.
    #[error(transparent)]
    Ended(#[from] Ending),
}

impl Failure {
    /// Wraps what the kernel said about `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let ended = Ending::io(what);
        move |source| ended(source).into()
    }

    /// See [`TABLE`].
    pub fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Library(error) => code_of(error),
            Failure::Silent { .. } | Failure::Missing { .. } => 6,
            Failure::EndedEarly { .. } => 5,
            Failure::Wrong { .. } => 7,
            Failure::Ended(ending) => ending.code(),
        }
    }

    /// Tells the reason and ends the program with its code.
    pub fn exit(&self) -> ! {
        if let Failure::Ended(Ending::Signal(signal)) = self {
            ending::by_signal(*signal);
        }
        ending::with_code("zerobuffer", self, self.code())
    }
}

fn code_of(error: &Error) -> i32 {
    if let Error::System { source, .. } = error {
        return match source.kind() {
            io::ErrorKind::PermissionDenied => 4,
            io::ErrorKind::StorageFull | io::ErrorKind::OutOfMemory => 11,
            _ => 1,
        };
    }
    match error.kind() {
        ErrorKind::InvalidName
        | ErrorKind::InvalidConfig
        | ErrorKind::FrameTooLarge
        | ErrorKind::FrameUnplaceable
        | ErrorKind::InvalidFrameSize
        | ErrorKind::MetadataTooLarge => 2,
        ErrorKind::BufferNotFound => 3,
        ErrorKind::ReaderDead | ErrorKind::WriterDead => 5,
        ErrorKind::BufferFull | ErrorKind::NotReady => 6,
        ErrorKind::SequenceGap | ErrorKind::Corrupt | ErrorKind::Version => 8,
        ErrorKind::WriterAlreadyConnected
        | ErrorKind::ReaderAlreadyConnected
        | ErrorKind::MetadataAlreadyWritten => 9,
        ErrorKind::NoSpace => 11,
        _ => 1,
    }
}

impl From<InvalidFilter> for Failure {
    fn from(error: InvalidFilter) -> Failure {
        Failure::Usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_table() {
        let name = || "b".to_owned();
        let limit = Duration::ZERO;
        let denied = Error::System {
            name: name(),
            doing: name(),
            source: io::ErrorKind::PermissionDenied.into(),
        };
        for (failure, code) in [
            (Failure::Usage(name()), 2),
            (Failure::Library(Error::InvalidFrameSize), 2),
            (Failure::Library(Error::BufferNotFound { name: name() }), 3),
            (Failure::Library(denied), 4),
            (Failure::Library(Error::ReaderDead { name: name() }), 5),
            (
                Failure::Silent {
                    name: name(),
                    limit,
                },
                6,
            ),
            (Failure::io("write")(io::ErrorKind::StorageFull.into()), 1),
            (Failure::io("write")(io::ErrorKind::BrokenPipe.into()), 141),
            (Ending::Signal(2).into(), 130),
        ] {
            assert_eq!(failure.code(), code, "{failure}");
            let code = code.to_string();
            assert!(TABLE.contains(&code), "{code} is not documented");
        }
    }
}
