//! What a stream and those who ask about it tell each other.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;
use vizion::VideoFormat;

/// How far a stream is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// No stream.
    #[default]
    Stopped,
    /// The camera has not delivered yet, or the pipeline does not run yet.
    Starting,
    /// Frames come.
    Streaming,
    /// The camera, the pipeline or a file is being closed.
    Stopping,
}

/// A picture for `snapshot`: without padding, or JPEG.
#[derive(Clone, Debug)]
pub struct Still {
    /// What it is.
    pub format: VideoFormat,
    /// Number of the frame in the stream, from 1 on.
    pub sequence: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What is told about a stream.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// How far it is.
    pub state: State,
    /// Why it ended, if nobody asked for that.
    pub ended: Option<String>,
    /// What is wrong with the camera now.
    pub camera_error: Option<String>,
    /// What is wrong with the pipeline.
    pub pipeline_error: Option<String>,
    /// The session description of what the pipeline sends.
    pub sdp: Option<String>,
    /// Frames that went into the pipeline, and those for which it was too slow.
    pub pipeline: (u64, u64),
}

/// Numbers of a stream, and of the shared memory that it writes.
#[derive(Debug, Default)]
pub struct Counters {
    /// Frames that came from the camera.
    pub frames: AtomicU64,
    /// Frames that the camera lost, as far as it tells.
    pub lost: AtomicU64,
    /// Frames of the last second.
    pub per_second: AtomicU64,
    /// Frames that the readers of the key left no room for.
    pub key_dropped: AtomicU64,
    /// Times that the camera was gone.
    pub losses: AtomicU64,
    /// Frames in shared memory.
    pub shm_frames: AtomicU64,
    /// Frames that did not fit into it.
    pub shm_dropped: AtomicU64,
    /// Times that it had to be made anew.
    pub shm_replaced: AtomicU64,
}

/// Shared by a stream's thread and the daemon's.
#[derive(Debug, Default)]
pub struct Board {
    told: Mutex<Told>,
    changed: Condvar,
    stop: AtomicBool,
    /// Who waits for the next frame. The flag spares the stream a lock for each frame.
    wanted: Mutex<Option<SyncSender<Still>>>,
    is_wanted: AtomicBool,
    /// See there.
    pub counters: Counters,
}

impl Board {
    /// A board on which a stream is starting.
    pub fn starting() -> Board {
        let board = Board::default();
        board.lock().state = State::Starting;
        board
    }

    /// What is told now.
    pub fn told(&self) -> Told {
        self.lock().clone()
    }

    /// How far the stream is: what each frame asks, without a copy of all the rest.
    pub fn state(&self) -> State {
        self.lock().state
    }

    /// Whether the pipeline failed before the stream had begun, which is no stream then.
    pub fn has_failed_to_begin(&self) -> bool {
        let told = self.lock();
        told.state == State::Starting && told.pipeline_error.is_some()
    }

    /// Changes what is told.
    pub fn tell(&self, change: impl FnOnce(&mut Told)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Notes that the camera delivers and the pipeline runs: the stream is no longer starting.
    pub fn begun(&self) {
        self.tell(|told| {
            if told.state == State::Starting {
                told.state = State::Streaming;
            }
        });
    }

    /// Waits until the state is not `state` any more, at most until `deadline`.
    pub fn wait_while(&self, state: State, deadline: Instant) -> Told {
        let mut told = self.lock();
        while told.state == state {
            let left = deadline.saturating_duration_since(Instant::now());
            if left == Duration::ZERO {
                break;
            }
            let waited = self.changed.wait_timeout(told, left);
            told = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        told.clone()
    }

    /// Asks the stream to end.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.tell(|told| {
            if told.state != State::Stopped {
                told.state = State::Stopping;
            }
        });
    }

    /// Whether it is to end.
    pub fn is_stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks for the next frame.
    pub fn want(&self, still: SyncSender<Still>) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        *wanted = Some(still);
        self.is_wanted.store(true, Ordering::Release);
    }

    /// Who asked for this frame.
    pub fn take_wanted(&self) -> Option<SyncSender<Still>> {
        if !self.is_wanted.swap(false, Ordering::Acquire) {
            return None;
        }
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.take()
    }

    fn lock(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
