//! How the program ends: each reason has an exit code of its own.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use signal_hook::consts::SIGPIPE;
use vizion::ShmError;
use vizion::control::ClientError;

/// The table of the exit codes, for `--help` and the man pages.
pub const TABLE: &str = "\
Exit codes:
  0    done
  1    any other error
  2    a wrong argument
  3    not found: no daemon listens there, or there is no such shared memory
  4    not permitted: the socket or the shared memory belongs to another user
  5    the daemon closed the connection without an answer, or is dead, or frames ended early
  6    time-out: no answer, no frame, or a pipeline that is not ready
  7    the daemon refused the command, or the stream failed; its message says why
  8    what answers is no VizionStreamer, or the shared memory is none of its
SIGINT, SIGTERM and SIGPIPE end the program; the shell sees 130, 143 and 141.";

/// Why the program does not end with 0.
#[derive(Debug)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    Usage(String),
    /// What became of a request.
    Client(ClientError),
    /// What became of shared memory.
    Memory(ShmError),
    /// No frame came.
    NoFrame {
        /// To this memory.
        name: String,
        /// For so long.
        limit: Duration,
    },
    /// The writer closed too early.
    Ended {
        /// This memory.
        name: String,
        /// Frames that came.
        frames: u64,
        /// Frames that were to come.
        wanted: u64,
    },
    /// The daemon's answer lacks this.
    Lacks(&'static str),
    /// A stream that neither began nor ended.
    Stuck {
        /// The state that did not end.
        state: String,
        /// How long that was looked at.
        limit: Duration,
    },
    /// The stream's pipeline failed, in the daemon's words.
    Pipeline(String),
    /// The camera failed, in the daemon's words.
    Camera(String),
    /// A file, a pipe or a directory.
    Io {
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// This signal came.
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

    /// See [`TABLE`].
    pub fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Client(error) => code_of(error),
            Failure::Memory(error) => code_of_memory(error),
            Failure::NoFrame { .. } => 6,
            Failure::Ended { .. } => 5,
            Failure::Lacks(_) => 8,
            Failure::Stuck { .. } => 6,
            Failure::Pipeline(_) | Failure::Camera(_) => 7,
            Failure::Io { .. } => 1,
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
            // Nobody is left to be told that nobody reads this.
            let _ = writeln!(io::stderr(), "vizion: {self}");
        }
        std::process::exit(self.code());
    }
}

fn code_of(error: &ClientError) -> i32 {
    match error {
        ClientError::NoDaemon { .. } => 3,
        ClientError::Permission { .. } => 4,
        ClientError::Closed { .. } => 5,
        ClientError::Silent { .. } => 6,
        ClientError::Refused { .. } => 7,
        ClientError::NotJson { .. } => 8,
        ClientError::TooLong { .. } => 2,
        _ => 1,
    }
}

fn code_of_memory(error: &ShmError) -> i32 {
    match error {
        ShmError::Name { .. } => 2,
        ShmError::NotFound { .. } => 3,
        ShmError::WriterDead { .. } | ShmError::WriterClosed { .. } => 5,
        ShmError::WriterStalled { .. } => 6,
        ShmError::Foreign { .. } | ShmError::Invalid { .. } => 8,
        ShmError::System { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => 4,
        _ => 1,
    }
}

impl From<ShmError> for Failure {
    fn from(error: ShmError) -> Failure {
        Failure::Memory(error)
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        Failure::Client(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(what) => out.write_str(what),
            Failure::Client(error) => error.fmt(out),
            Failure::Memory(error) => error.fmt(out),
            Failure::NoFrame { name, limit } => write!(
                out,
                "no frame came to shared memory '{name}' within {} s; does it stream?",
                limit.as_secs_f64()
            ),
            Failure::Ended {
                name,
                frames,
                wanted,
            } => write!(
                out,
                "the writer of shared memory '{name}' closed it after {frames} of {wanted} frames"
            ),
            Failure::Lacks(what) => write!(
                out,
                "the daemon's answer has no \"{what}\"; is it a VizionStreamer?"
            ),
            Failure::Stuck { state, limit } => write!(
                out,
                "the stream is still {state} after {} s; vizion status tells how it goes on",
                limit.as_secs_f64()
            ),
            Failure::Pipeline(what) => write!(out, "the pipeline failed: {what}"),
            Failure::Camera(what) => write!(out, "the camera failed: {what}"),
            Failure::Io { what, source } => write!(out, "{what}: {source}"),
            Failure::Signal(signal) => write!(out, "signal {signal}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    #[test]
    fn every_code_is_in_the_table() {
        let path = PathBuf::new;
        let command = String::new;
        let limit = Duration::ZERO;
        let client = [
            (ClientError::NoDaemon { path: path() }, 3),
            (ClientError::Permission { path: path() }, 4),
            (
                ClientError::Closed {
                    path: path(),
                    command: command(),
                },
                5,
            ),
            (
                ClientError::Silent {
                    path: path(),
                    command: command(),
                    limit,
                },
                6,
            ),
            (
                ClientError::Refused {
                    command: command(),
                    message: command(),
                    code: None,
                },
                7,
            ),
            (
                ClientError::NotJson {
                    path: path(),
                    command: command(),
                    answer: command(),
                },
                8,
            ),
            (
                ClientError::TooLong {
                    command: command(),
                    length: 0,
                },
                2,
            ),
        ];
        let client = client
            .into_iter()
            .map(|(error, code)| (Failure::from(error), code));
        let others = [
            (Failure::Usage(command()), 2),
            (ShmError::NotFound { name: command() }.into(), 3),
            (ShmError::WriterClosed { name: command() }.into(), 5),
            (
                Failure::NoFrame {
                    name: command(),
                    limit,
                },
                6,
            ),
            (
                Failure::Ended {
                    name: command(),
                    frames: 1,
                    wanted: 2,
                },
                5,
            ),
            (Failure::Lacks("sdp"), 8),
            (
                Failure::Stuck {
                    state: command(),
                    limit,
                },
                6,
            ),
            (Failure::Pipeline(command()), 7),
            (Failure::Camera(command()), 7),
            (Failure::io("write")(io::ErrorKind::StorageFull.into()), 1),
            (Failure::io("write")(io::ErrorKind::BrokenPipe.into()), 141),
            (Failure::Signal(2), 130),
        ];
        for (failure, code) in client.chain(others) {
            assert_eq!(failure.code(), code, "{failure}");
            let code = code.to_string();
            assert!(TABLE.contains(&code), "{code} is not documented");
        }
    }
}
