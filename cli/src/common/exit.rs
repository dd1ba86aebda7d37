//! How the program ends: each reason has an exit code of its own.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use cuframes::{Error, ErrorCode};
use signal_hook::consts::SIGPIPE;

/// The table of the exit codes, for `--help` and the man pages.
pub const TABLE: &str = "\
Exit codes:
  0    done: all frames are published or read, or the stream ended
  1    any other error
  2    a wrong argument
  3    not found: nobody publishes this key
  4    refused: by the publisher, or for lack of permission
  5    disconnected: the publisher is gone without an end of stream
  6    time-out
  7    evicted: the publisher ended the subscription of a slow reader
  8    the other side broke the protocol
  9    the key is already published by somebody else
  10   standard input ended in the middle of a frame
  11   no room in memory or in /dev/shm
  12   aborted: a frame was never completed, since its publisher lost the GPU or died
  13   the CUDA driver failed
  14   not supported: this way to share a GPU does not work here; cuframes doctor says why
  15   the input cannot be opened, read or decoded
  16   a part of cuframes that this needs is not installed
  17   the output cannot be written: the disk is full, or the target is read-only or forbidden
SIGINT, SIGTERM and SIGPIPE end the program after it has tidied up; the shell sees 130, 143 and 141.";

/// Why the program does not end with 0.
#[derive(Debug)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    Usage(String),
    /// The library's word.
    Library(Error),
    /// Something does not work that was asked for.
    Unmet {
        /// What.
        name: String,
        /// Why not.
        reason: Option<String>,
    },
    /// The input ended inside of a frame.
    Truncated {
        /// Whole frames before.
        whole: u64,
        /// Bytes of the frame that is not whole.
        bytes: usize,
        /// Bytes that it should have.
        needed: u64,
    },
    /// A camera or a video file.
    Input {
        /// What was tried; without passwords.
        what: String,
        /// Why it failed.
        reason: String,
    },
    /// Some of many inputs.
    Several {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
        /// The first of them; each has been told.
        first: Box<Failure>,
    },
    /// A program of ours that is not there.
    NotInstalled(&'static str),
    /// FFmpeg could not make a picture or a recording.
    Encoder {
        /// What was tried.
        what: String,
        /// What FFmpeg said.
        reason: String,
    },
    /// A file that is being made.
    Output {
        /// Which.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A file, a pipe or a directory.
    Io {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// This signal came, and everything is tidied up.
    Signal(i32),
}

impl Failure {
    /// Wraps what the kernel said about `what`. Output that nobody reads any more is as quiet
    /// an end as that of any other filter.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| match source.kind() {
            io::ErrorKind::BrokenPipe => Failure::Signal(SIGPIPE),
            _ => Failure::Io { what, source },
        }
    }

    /// Wraps what the kernel said about a file that is being made.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Failure {
        let path = path.to_owned();
        move |source| Failure::Output { path, source }
    }

    /// One word for reports.
    pub fn name(&self) -> String {
        match self {
            Failure::Usage(_) => "usage".to_owned(),
            Failure::Library(error) => error.code().name().to_ascii_lowercase(),
            Failure::Unmet { .. } => "unmet".to_owned(),
            Failure::Truncated { .. } => "truncated".to_owned(),
            Failure::Input { .. } => "input".to_owned(),
            Failure::Several { first, .. } => first.name(),
            Failure::NotInstalled(_) => "not_installed".to_owned(),
            Failure::Encoder { .. } => "encoder".to_owned(),
            Failure::Output { .. } => "output".to_owned(),
            Failure::Io { .. } => "io".to_owned(),
            Failure::Signal(_) => "signal".to_owned(),
        }
    }

    /// See [`TABLE`].
    pub fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Library(error) => code_of(error),
            Failure::Unmet { .. } => 14,
            Failure::Truncated { .. } => 10,
            Failure::Input { .. } => 15,
            Failure::Several { first, .. } => first.code(),
            Failure::NotInstalled(_) => 16,
            Failure::Output { .. } => 17,
            Failure::Encoder { .. } | Failure::Io { .. } => 1,
            Failure::Signal(signal) => 128 + signal,
        }
    }

    /// Tells the reason and ends the program with its code.
    pub fn exit(&self) -> ! {
        if let Failure::Signal(signal) = self {
            // Whoever waits for this process sees that the signal ended it. It only returns
            // for signals that end nothing.
            let _ = signal_hook::low_level::emulate_default_handler(*signal);
        } else {
            crate::terminal::say(&format!("cuframes: {self}"));
        }
        std::process::exit(self.code());
    }
}

fn code_of(error: &Error) -> i32 {
    // A refusal is one whatever its reason, and a run directory that is not there says nothing
    // about publishers.
    match error {
        Error::Refused { .. } => return 4,
        Error::RunDir { .. } => return 1,
        _ => {}
    }
    match error.code() {
        ErrorCode::Ok | ErrorCode::EndOfStream => 0,
        ErrorCode::InvalidArgument => 2,
        ErrorCode::NotFound => 3,
        ErrorCode::Permission | ErrorCode::TooManySubscribers => 4,
        ErrorCode::Disconnected => 5,
        ErrorCode::Timeout => 6,
        ErrorCode::Evicted => 7,
        ErrorCode::Protocol => 8,
        ErrorCode::AlreadyExists => 9,
        ErrorCode::NoMemory => 11,
        ErrorCode::Aborted => 12,
        ErrorCode::Cuda => 13,
        ErrorCode::Unsupported => 14,
        _ => 1,
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure::Library(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(what) => f.write_str(what),
            Failure::Library(error) => error.fmt(f),
            Failure::Unmet { name, reason } => {
                let reason = reason.as_deref().unwrap_or("it was not tried");
                write!(f, "{name} does not work here: {reason}")
            }
            Failure::Truncated {
                whole,
                bytes,
                needed,
            } => write!(
                f,
                "the input ended in the middle of a frame: {bytes} of {needed} bytes behind \
                 {whole} whole frames; check --size and --format"
            ),
            Failure::Input { what, reason } => write!(f, "{what}: {reason}"),
            Failure::Several { failed, all, .. } => {
                write!(f, "{failed} of {all} inputs failed")
            }
            Failure::NotInstalled(program) => write!(
                f,
                "this needs the program {program}, which is neither beside cuframes nor in \
                 PATH; it is built together with cuframes where FFmpeg's headers are: \
                 cargo build --release -p cuframes-cli"
            ),
            Failure::Encoder { what, reason } => write!(f, "cannot {what}: {reason}"),
            Failure::Output { path, source } => {
                write!(
                    f,
                    "cannot write {}: {source}; {}",
                    path.display(),
                    remedy(source)
                )
            }
            Failure::Io { what, source } => write!(f, "{what}: {source}"),
            Failure::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// What to do about a file that cannot be written.
fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some space",
        io::ErrorKind::FileTooLarge => "raise the limit of file sizes (ulimit -f)",
        io::ErrorKind::NotFound => "make its directory first",
        _ => "choose a place that this user may write to",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_in_the_table() {
        for failure in [
            Failure::Usage(String::new()),
            Failure::Library(Error::WouldBlock),
            Failure::Truncated {
                whole: 0,
                bytes: 1,
                needed: 2,
            },
            Failure::Signal(2),
            Failure::Input {
                what: String::new(),
                reason: String::new(),
            },
            Failure::Library(Error::Aborted {
                key: String::new(),
                seq: 1,
            }),
            Failure::Library(Error::Unsupported(String::new())),
            Failure::NotInstalled(""),
            Failure::writing(Path::new("x"))(io::ErrorKind::StorageFull.into()),
        ] {
            let code = failure.code().to_string();
            assert!(TABLE.contains(&code), "{code} is not documented");
        }
    }

    #[test]
    fn a_refusal_is_told_from_what_it_is_about() {
        let refused = |code| Error::Refused {
            key: "cam".to_owned(),
            code,
            sentence: String::new(),
        };
        for code in ErrorCode::ALL {
            assert_eq!(code_of(&refused(code)), 4);
        }
    }

    #[test]
    fn output_that_nobody_reads_is_a_signal() {
        let failure = Failure::io("write")(io::ErrorKind::BrokenPipe.into());
        assert_eq!(failure.code(), 141);
        let failure = Failure::io("write")(io::ErrorKind::StorageFull.into());
        assert_eq!(failure.code(), 1);
    }
}
