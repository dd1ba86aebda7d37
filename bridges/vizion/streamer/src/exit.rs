//! How the daemon ends: each reason has an exit code of its own.

use std::fmt;
use std::io;

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
#[derive(Debug)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    Usage(String),
    /// The control socket.
    Socket(ServerError),
    /// The camera.
    Camera(String),
    /// Anything else of the system's.
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
    /// Wraps what the kernel said about `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| Failure::Io { what, source }
    }

    /// See [`TABLE`].
    fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Socket(_) => 3,
            Failure::Camera(_) => 4,
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
            eprintln!("vizion-streamer: {self}");
        }
        std::process::exit(self.code());
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Failure {
        Failure::Socket(error)
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

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Usage(what) | Failure::Camera(what) => out.write_str(what),
            Failure::Socket(error) => error.fmt(out),
            Failure::Io { what, source } => write!(out, "{what}: {source}"),
            Failure::Signal(signal) => write!(out, "signal {signal}"),
        }
    }
}
