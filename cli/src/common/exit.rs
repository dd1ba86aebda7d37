//! How the program ends: each reason has an exit code of its own.

use std::io;
use std::path::{Path, PathBuf};

use cuframes::Error;
use frame_lending::camera::CameraError;
use frame_lending::engine::EngineError;
use frame_lending::gateway::GatewayError;
use program::ending::{self, Ending};
use program::log::InvalidFilter;

mod codes;
mod table;

use codes::{
    code_of, code_of_buffer, code_of_camera, code_of_engine, code_of_gateway,
    code_of_shared_memory, name_of_buffer, name_of_shared_memory,
};
pub use table::TABLE;

/// Why the program does not end with 0.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// An argument that makes no sense; clap finds the others.
    #[error("{0}")]
    Usage(String),
    /// The library's word.
    #[error(transparent)]
    Library(#[from] Error),
    /// What a ZeroBuffer says.
    #[error(transparent)]
    Buffer(#[from] zerobuffer::Error),
    /// What shared memory with VIZN frames says.
    #[error(transparent)]
    SharedMemory(#[from] vizion::ShmError),
    /// What an engine that lends frames says.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Why a camera cannot be lent.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// What a gateway for detections says, or its socket.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// A buffer whose frames cannot be understood.
    #[error("buffer '{buffer}': {reason}")]
    Metadata {
        /// Which.
        buffer: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// Something does not work that was asked for.
    #[error("{name} does not work here: {}", reason.as_deref().unwrap_or("it was not tried"))]
    Unmet {
        /// What.
        name: String,
        /// Why not.
        reason: Option<String>,
    },
    /// The input ended inside of a frame.
    #[error(
        "the input ended in the middle of a frame: {bytes} of {needed} bytes behind {whole} whole frames; \
         check --size and --format"
    )]
    Truncated {
        /// Whole frames before.
        whole: u64,
        /// Bytes of the frame that is not whole.
        bytes: usize,
        /// Bytes that it should have.
        needed: u64,
    },
    /// A camera or a video file.
    #[error("{what}: {reason}")]
    Input {
        /// What was tried; without passwords.
        what: String,
        /// Why it failed.
        reason: String,
    },
    /// Some of many inputs.
    #[error("{failed} of {all} inputs failed")]
    Several {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
        /// The first of them; each has been told.
        first: Box<Failure>,
    },
    /// A program of ours that is not there.
    #[error(
        "this needs the program {0}, which is neither beside cuframes nor in PATH; it is built together \
         with cuframes where FFmpeg's headers are: cargo build --release -p cuframes-cli"
    )]
    NotInstalled(&'static str),
    /// FFmpeg could not make a picture or a recording.
    #[error("cannot {what}: {reason}")]
    Encoder {
        /// What was tried.
        what: String,
        /// What FFmpeg said.
        reason: String,
    },
    /// A file that is being made.
    #[error("cannot write {}: {source}; {}", path.display(), remedy(source))]
    Output {
        /// Which.
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
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
            Failure::Buffer(error) => name_of_buffer(error),
            Failure::SharedMemory(error) => name_of_shared_memory(error).to_owned(),
            Failure::Engine(_) => "engine".to_owned(),
            Failure::Camera(_) => "camera".to_owned(),
            Failure::Gateway(_) => "gateway".to_owned(),
            Failure::Metadata { .. } => "metadata".to_owned(),
            Failure::Unmet { .. } => "unmet".to_owned(),
            Failure::Truncated { .. } => "truncated".to_owned(),
            Failure::Input { .. } => "input".to_owned(),
            Failure::Several { first, .. } => first.name(),
            Failure::NotInstalled(_) => "not_installed".to_owned(),
            Failure::Encoder { .. } => "encoder".to_owned(),
            Failure::Output { .. } => "output".to_owned(),
            Failure::Ended(Ending::Io { .. }) => "io".to_owned(),
            Failure::Ended(Ending::Signal(_)) => "signal".to_owned(),
        }
    }

    /// See [`TABLE`].
    pub fn code(&self) -> i32 {
        match self {
            Failure::Usage(_) => 2,
            Failure::Library(error) => code_of(error),
            Failure::Buffer(error) => code_of_buffer(error),
            Failure::SharedMemory(error) => code_of_shared_memory(error),
            Failure::Engine(error) => code_of_engine(error),
            Failure::Camera(error) => code_of_camera(error),
            Failure::Gateway(error) => code_of_gateway(error),
            Failure::Metadata { .. } => 8,
            Failure::Unmet { .. } => 14,
            Failure::Truncated { .. } => 10,
            Failure::Input { .. } => 15,
            Failure::Several { first, .. } => first.code(),
            Failure::NotInstalled(_) => 16,
            Failure::Output { .. } => 17,
            Failure::Encoder { .. } => 1,
            Failure::Ended(ending) => ending.code(),
        }
    }

    /// Tells the reason and ends the program with its code.
    pub fn exit(&self) -> ! {
        if let Failure::Ended(Ending::Signal(signal)) = self {
            ending::by_signal(*signal);
        }
        crate::terminal::say(&format!("cuframes: {self}"));
        std::process::exit(self.code());
    }
}

impl From<InvalidFilter> for Failure {
    fn from(error: InvalidFilter) -> Failure {
        Failure::Usage(error.to_string())
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
    use cuframes::ErrorCode;

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
            Ending::Signal(2).into(),
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
