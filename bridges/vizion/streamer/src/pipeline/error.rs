//! Why a pipeline's process does not start.

use std::io;
use std::path::PathBuf;

/// Why a pipeline's process does not start. What is wrong with the pipeline itself comes later, as
/// [`PipelineState::Failed`](super::PipelineState::Failed).
#[derive(Debug, thiserror::Error)]
pub enum PipelineError {
    /// There is no such program.
    #[error(
        "the program vizion-pipeline is neither in {} nor in PATH; install it beside \
         vizion-streamer, or set an empty pipeline, which means none",
        .beside.display()
    )]
    NoProgram {
        /// Where it belongs.
        beside: PathBuf,
    },
    /// It cannot be run.
    #[error("{} cannot be run: {source}; install vizion-pipeline anew", .program.display())]
    Unusable {
        /// Which file.
        program: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// No argument can have this byte in it.
    #[error("the pipeline's text has a byte 0 in it; remove it")]
    NulByte,
    /// The kernel's word.
    #[error("the pipeline's process cannot be started: {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl PipelineError {
    /// Wraps what the kernel said about `what`.
    pub(super) fn io<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> PipelineError {
        move |source| PipelineError::Io {
            what,
            source: source.into(),
        }
    }
}
