//! How the daemon ends: each reason has an exit code of its own.

use std::io;

use program::ending::{self, Ending};
use program::log::InvalidFilter;
use vizion_streamer::camera::CameraError;
use vizion_streamer::server::ServerError;
use vizion_streamer::streamer::Refusal;

/// The table of the exit codes, for `--help` and the man page.
pub const TABLE: &str = "\
Exit codes:
  1    any other error
  2    a wrong argument
  3    the control socket: another daemon answers there, or it cannot be made
  4    the camera: not found, not permitted, or nothing that it delivers is known
SIGINT and SIGTERM end the daemon after the stream has ended, shared memory is removed and files are
closed; the shell sees 130 and 143. A second one ends it at once.";

/// Why the daemon does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    #[error("{0}")]
    Usage(String),
    /// The control socket.
    #[error(transparent)]
    Socket(#[from] ServerError),
    /// The camera.
    #[error("{0}")]
    Camera(String),
    /// A signal came, or anything else of the system's.
    #[error(transparent)]
    Ended(#[from] Ending),
}

impl Failure {
    /// Wraps what the kernel said about `what`. A daemon is no filter, and tells it when nobody reads
    /// its output.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| Failure::Ended(Ending::Io { what, source })
    }

    /// See [`TABLE`].
    fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Socket(_) => 3,
            Failure::Camera(_) => 4,
            Failure::Ended(ending) => ending.code(),
        }
    }

    /// Tells the reason and ends the program with its code.
    pub fn exit(&self) -> ! {
        if let Failure::Ended(Ending::Signal(signal)) = self {
            ending::by_signal(*signal);
        }
        ending::with_code("vizion-streamer", self, self.code())
    }
}

impl From<InvalidFilter> for Failure {
    fn from(error: InvalidFilter) -> Failure {
        Failure::Usage(error.to_string())
    }
}

impl From<CameraError> for Failure {
    fn from(error: CameraError) -> Failure {
        Failure::Camera(error.to_string())
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        match refusal.code() {
            "camera" | "unsupported" => Failure::Camera(refusal.to_string()),
            _ => Failure::Usage(refusal.to_string()),
        }
    }
}
