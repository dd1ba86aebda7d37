//! How the program ends: each reason has an exit code of its own.

use std::io;
use std::time::Duration;

use program::ending::{self, Ending};
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
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    #[error("{0}")]
    Usage(String),
    /// What became of a request.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// What became of shared memory.
    #[error(transparent)]
    Memory(#[from] ShmError),
    /// No frame came.
    #[error(
        "no frame came to shared memory '{name}' within {} s; does it stream?",
        limit.as_secs_f64()
    )]
    NoFrame {
        /// To this memory.
        name: String,
        /// For so long.
        limit: Duration,
    },
    /// The writer closed too early.
    #[error("the writer of shared memory '{name}' closed it after {frames} of {wanted} frames")]
    EndedEarly {
        /// This memory.
        name: String,
        /// Frames that came.
        frames: u64,
        /// Frames that were to come.
        wanted: u64,
    },
    /// The daemon's answer lacks this.
    #[error("the daemon's answer has no \"{0}\"; is it a VizionStreamer?")]
    Lacks(&'static str),
    /// A stream that neither began nor ended.
    #[error(
        "the stream is still {state} after {} s; vizion status tells how it goes on",
        limit.as_secs_f64()
    )]
    Stuck {
        /// The state that did not end.
        state: String,
        /// How long that was looked at.
        limit: Duration,
    },
    /// The stream's pipeline failed, in the daemon's words.
    #[error("the pipeline failed: {0}")]
    Pipeline(String),
    /// The camera failed, in the daemon's words.
    #[error("the camera failed: {0}")]
    Camera(String),
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
            Failure::Client(error) => code_of(error),
            Failure::Memory(error) => code_of_memory(error),
            Failure::NoFrame { .. } => 6,
            Failure::EndedEarly { .. } => 5,
            Failure::Lacks(_) => 8,
            Failure::Stuck { .. } => 6,
            Failure::Pipeline(_) | Failure::Camera(_) => 7,
            Failure::Ended(ending) => ending.code(),
        }
    }

    /// Tells the reason and ends the program with its code.
    pub fn exit(&self) -> ! {
        if let Failure::Ended(Ending::Signal(signal)) = self {
            ending::by_signal(*signal);
        }
        ending::with_code("vizion", self, self.code())
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
                Failure::EndedEarly {
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
            (Ending::Signal(2).into(), 130),
        ];
        for (failure, code) in client.chain(others) {
            assert_eq!(failure.code(), code, "{failure}");
            let code = code.to_string();
            assert!(TABLE.contains(&code), "{code} is not documented");
        }
    }
}
