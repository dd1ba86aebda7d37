//! What is known of a pipeline's process, for those who ask and for the thread that hears it.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, eventfd};

use super::PipelineError;

/// How a pipeline fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PipelineState {
    /// Nothing is known yet.
    Starting,
    /// It runs.
    Running,
    /// It does not work, or no longer: why, and what to do.
    Failed(String),
    /// What is in it goes through it.
    Stopping,
    /// Everything is through, and its files are complete.
    Ended,
}

/// Counters of a pipeline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PipelineStats {
    /// Frames that it took.
    pub frames: u64,
    /// Frames that it was too slow for.
    pub dropped: u64,
    /// Frames that were copied, as it holds more than the publisher lends.
    pub copied: u64,
}

/// Notes that are kept; a program that says more than this has nothing to say.
const MAX_NOTES: usize = 16;

#[derive(Debug)]
pub(super) struct Said {
    known: Mutex<Known>,
    changed: Condvar,
    /// Wakes the thread that hears the process.
    stopping: OwnedFd,
}

#[derive(Debug)]
struct Known {
    state: PipelineState,
    over: bool,
    sdp: Option<String>,
    notes: Vec<String>,
    stats: PipelineStats,
}

impl Said {
    pub fn new() -> Result<Said, PipelineError> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        let stopping = eventfd(0, flags).map_err(PipelineError::io("making an eventfd"))?;
        Ok(Said {
            known: Mutex::new(Known {
                state: PipelineState::Starting,
                over: false,
                sdp: None,
                notes: Vec::new(),
                stats: PipelineStats::default(),
            }),
            changed: Condvar::new(),
            stopping,
        })
    }

    pub fn state(&self) -> PipelineState {
        self.known().state.clone()
    }

    pub fn is_over(&self) -> bool {
        self.known().over
    }

    pub fn sdp(&self) -> Option<String> {
        self.known().sdp.clone()
    }

    pub fn notes(&self) -> Vec<String> {
        self.known().notes.clone()
    }

    pub fn stats(&self) -> PipelineStats {
        self.known().stats
    }

    /// Waits for `done`, which is told the state and whether the process is gone.
    pub fn wait(
        &self,
        limit: Duration,
        done: impl Fn(&PipelineState, bool) -> bool,
    ) -> PipelineState {
        let began = Instant::now();
        let mut known = self.known();
        while !done(&known.state, known.over) {
            let Some(rest) = limit.checked_sub(began.elapsed()) else {
                break;
            };
            let waited = self.changed.wait_timeout(known, rest);
            (known, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        known.state.clone()
    }

    /// The end begins. A pipeline that failed stays what it is.
    pub fn stop(&self) {
        let mut known = self.known();
        if matches!(
            known.state,
            PipelineState::Starting | PipelineState::Running
        ) {
            known.state = PipelineState::Stopping;
        }
        drop(known);
        self.changed.notify_all();
        // A counter of 64 bits does not overflow by one.
        let _ = rustix::io::write(&self.stopping, &1u64.to_ne_bytes());
    }

    /// Readable once the end has begun.
    pub fn stopping(&self) -> BorrowedFd<'_> {
        self.stopping.as_fd()
    }

    pub fn run(&self) {
        let mut known = self.known();
        if known.state == PipelineState::Starting {
            known.state = PipelineState::Running;
        }
        drop(known);
        self.changed.notify_all();
    }

    /// The first reason counts: the ones that come after follow from it.
    pub fn fail(&self, why: String) {
        let mut known = self.known();
        if !matches!(known.state, PipelineState::Failed(_) | PipelineState::Ended) {
            known.state = PipelineState::Failed(why);
        }
        drop(known);
        self.changed.notify_all();
    }

    pub fn end(&self) {
        let mut known = self.known();
        if !matches!(known.state, PipelineState::Failed(_)) {
            known.state = PipelineState::Ended;
        }
        drop(known);
        self.changed.notify_all();
    }

    pub fn set_sdp(&self, text: String) {
        self.known().sdp = Some(text);
    }

    pub fn note(&self, note: String) {
        let mut known = self.known();
        if known.notes.len() < MAX_NOTES {
            known.notes.push(note);
        }
    }

    pub fn count(&self, stats: PipelineStats) {
        self.known().stats = stats;
    }

    /// The process is gone.
    pub fn over(&self) {
        self.known().over = true;
        self.changed.notify_all();
    }

    /// What is known is whole at any time, whoever panicked.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
