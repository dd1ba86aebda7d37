//! What can be wrong with a segment of shared memory.

use std::io;
use std::time::Duration;

/// Why a segment cannot be made, written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShmError {
    /// No segment can have this name.
    #[error("'{name}' cannot name shared memory: {why}; use a name like /vizion_frame")]
    Name {
        /// What was given, at most 64 characters of it.
        name: String,
        /// What is wrong.
        why: &'static str,
    },
    /// No segment can have this size.
    #[error("shared memory '{name}' cannot have {size} bytes: {why}")]
    Size {
        /// Of the segment.
        name: String,
        /// What was asked for.
        size: u64,
        /// What is wrong, and what can be done.
        why: String,
    },
    /// Another writer that lives has the name.
    #[error(
        "shared memory '{name}' is being written by process {pid}; stop that one or use another name"
    )]
    Busy {
        /// Of the segment.
        name: String,
        /// The other's number in its own PID namespace; 0 if it does not say.
        pid: u32,
    },
    /// A file of this name is something else, and is left alone.
    #[error("'/dev/shm/{name}' is no VIZN frame ({why}); remove it or use another name")]
    Foreign {
        /// Of the segment.
        name: String,
        /// What it is instead.
        why: String,
    },
    /// What was given as a frame is none.
    #[error("this is no {format} frame of {width}x{height}: {why}")]
    Frame {
        /// Its format.
        format: crate::PixelFormat,
        /// Its width.
        width: u32,
        /// Its height.
        height: u32,
        /// What is wrong.
        why: String,
    },
    /// Somebody destroys the segment faster than it can be made anew.
    #[error(
        "shared memory '{name}' was removed or changed {times} times while one frame was written"
    )]
    Destroyed {
        /// Of the segment.
        name: String,
        /// How often.
        times: u32,
    },
    /// There is no segment of this name.
    #[error("there is no shared memory '{name}'; enable it in the writer first")]
    NotFound {
        /// Of the segment.
        name: String,
    },
    /// What the segment's header says cannot be.
    #[error("shared memory '{name}' holds no frame that can be read: {why}")]
    Invalid {
        /// Of the segment.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The writer's process ended without closing the segment.
    #[error(
        "the writer of shared memory '{name}' (process {pid}) is dead; the next one is waited for"
    )]
    WriterDead {
        /// Of the segment.
        name: String,
        /// Its number in its own PID namespace.
        pid: u32,
    },
    /// The writer has removed the segment.
    #[error("the writer of shared memory '{name}' has closed it; the next one is waited for")]
    WriterClosed {
        /// Of the segment.
        name: String,
    },
    /// A frame was begun and is not finished.
    #[error(
        "the writer of shared memory '{name}' began a frame {} ms ago and does not finish it; it is stopped or dead",
        .since.as_millis()
    )]
    WriterStalled {
        /// Of the segment.
        name: String,
        /// How long it has been so.
        since: Duration,
    },
    /// The system refuses something.
    #[error("cannot {what} shared memory '{name}': {source}")]
    System {
        /// What was to be done.
        what: &'static str,
        /// To which segment.
        name: String,
        /// What it said.
        source: io::Error,
    },
}

impl ShmError {
    /// Says of an error of the system what was to be done.
    pub(crate) fn system(
        what: &'static str,
        name: &str,
    ) -> impl FnOnce(io::Error) -> ShmError + use<> {
        let name = name.to_owned();
        move |source| ShmError::System { what, name, source }
    }
}
