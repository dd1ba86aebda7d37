//! A GStreamer pipeline in a process of its own: starting the program `vizion-pipeline`, hearing
//! how it fares, and ending it.
//!
//! The program reads the frames under their key, as any other subscriber does, so nothing of it
//! can hold up the camera, the shared memory or the key. Whatever it does, it is over some seconds
//! after [`Pipeline::stop`]: it ends by itself when its standard input does, and is killed if it
//! does not.

mod allow;
mod error;
mod hearing;
mod order;
mod process;
mod said;

use std::io::PipeWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use allow::Allow;
pub use error::PipelineError;
pub use order::PipelineOrder;
pub use said::{PipelineState, PipelineStats};

use crate::program;

use hearing::Hearing;
use process::Process;
use said::Said;

/// How long the program may take for what it does.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From its start until it says that the pipeline runs, or why not. Looking through the
    /// plug-ins for the first time takes GStreamer many seconds.
    pub starting: Duration,
    /// From [`Pipeline::stop`] until it is gone. Then it is killed.
    pub ending: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            starting: Duration::from_secs(30),
            ending: Duration::from_secs(10),
        }
    }
}

/// The program: beside this one, or in `PATH`.
fn find() -> Result<PathBuf, PipelineError> {
    let beside = program::here().map_err(PipelineError::io("looking for this program"))?;
    program::find("vizion-pipeline", &beside).ok_or(PipelineError::NoProgram { beside })
}

/// A running pipeline. Dropping it is as [`stop`](Pipeline::stop): the program still gets its time
/// to finish what it writes.
#[derive(Debug)]
pub struct Pipeline {
    said: Arc<Said>,
    /// The program ends when this does.
    stdin: Option<PipeWriter>,
}

impl Pipeline {
    /// Starts the program, and does not wait for it. It is looked for beside the one that runs, and
    /// then in `PATH`.
    pub fn start(order: &PipelineOrder) -> Result<Pipeline, PipelineError> {
        Pipeline::start_program(&find()?, order, Limits::default())
    }

    /// Starts `program`, which understands the command line of `vizion-pipeline`.
    pub fn start_program(
        program: &Path,
        order: &PipelineOrder,
        limits: Limits,
    ) -> Result<Pipeline, PipelineError> {
        let said = Arc::new(Said::new()?);
        let (process, stdin) = Process::start(program, order)?;
        Hearing::start(process, limits, Arc::clone(&said))?;
        let stdin = Some(stdin);
        Ok(Pipeline { said, stdin })
    }

    /// How it fares now.
    #[must_use]
    pub fn state(&self) -> PipelineState {
        self.said.state()
    }

    /// Waits until it is no longer [`Starting`](PipelineState::Starting), at most `limit`.
    #[must_use]
    pub fn wait(&self, limit: Duration) -> PipelineState {
        self.said
            .wait(limit, |state, _| *state != PipelineState::Starting)
    }

    /// Waits until the program is gone, at most `limit`.
    #[must_use]
    pub fn wait_over(&self, limit: Duration) -> PipelineState {
        self.said.wait(limit, |_, over| over)
    }

    /// Begins the end: what is in the pipeline goes through it, files are completed, and then the
    /// program ends. Does not wait for any of it.
    pub fn stop(&mut self) {
        if self.stdin.take().is_some() {
            self.said.stop();
        }
    }

    /// Whether the program is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.said.is_over()
    }

    /// How a receiver of its RTP is set up, once that is known.
    #[must_use]
    pub fn sdp(&self) -> Option<String> {
        self.said.sdp()
    }

    /// What it said of itself, such as elements that it put in front.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.said.notes()
    }

    /// Its counters, as it told them last.
    #[must_use]
    pub fn stats(&self) -> PipelineStats {
        self.said.stats()
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.stop();
    }
}
