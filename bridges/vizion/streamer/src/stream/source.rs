//! The camera of a stream: started, lost, and found again.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use vizion::VideoFormat;

use crate::camera::{CameraError, Capture, Control};
use crate::desk::Desk;

use super::broken::Broken;
use super::outputs::Outputs;
use super::{Board, TURN};

/// A camera that takes longer to start has failed to.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long after a loss, or a failed try, the camera is looked for again.
const RETRY: Duration = Duration::from_millis(500);

/// Where a stream's frames come from.
pub struct Source {
    desk: Desk,
    format: VideoFormat,
    at_start: Vec<(Control, i64)>,
    capture: Option<Box<dyn Capture>>,
    /// It delivered frames before: what goes wrong now is a loss, and not a failed start.
    has_run: bool,
    retry_at: Instant,
}

impl Source {
    /// A camera that is not started yet.
    pub fn new(desk: Desk, format: VideoFormat, at_start: Vec<(Control, i64)>) -> Source {
        Source {
            desk,
            format,
            at_start,
            capture: None,
            has_run: false,
            retry_at: Instant::now(),
        }
    }

    /// Carries a frame from the camera to the outputs, if one comes within a turn. An error is the
    /// end of the stream; the loss of the camera is none.
    pub fn turn(&mut self, outputs: &mut Outputs, board: &Board) -> Result<(), String> {
        let Some(capture) = &mut self.capture else {
            return self.begin(board);
        };
        match outputs.carry(capture.as_mut(), board) {
            Ok(true) => {
                self.has_run = true;
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(Broken::Camera(error)) => {
                self.lose(&error, board);
                Ok(())
            }
            Err(Broken::Output(why)) => Err(why),
        }
    }

    /// Starts the camera, and sets what it may have forgotten.
    fn begin(&mut self, board: &Board) -> Result<(), String> {
        let left = self.retry_at.saturating_duration_since(Instant::now());
        if left > Duration::ZERO {
            // Nothing else is to be done, and nothing tells when a camera comes back.
            thread::sleep(left.min(TURN));
            return Ok(());
        }
        let (format, settings) = (self.format, self.at_start.clone());
        let started = self.desk.ask(START_LIMIT, move |camera| {
            let capture = camera.start(format)?;
            for (control, value) in settings {
                camera.set(control, value)?;
            }
            Ok::<_, CameraError>(capture)
        });
        let why = match started {
            Ok(Ok(capture)) => {
                self.capture = Some(capture);
                board.tell(|told| told.camera_error = None);
                return Ok(());
            }
            Ok(Err(error)) => error.to_string(),
            Err(busy) => busy.to_string(),
        };
        if !self.has_run {
            return Err(why);
        }
        board.tell(|told| told.camera_error = Some(why));
        self.retry_at = Instant::now() + RETRY;
        Ok(())
    }

    fn lose(&mut self, error: &CameraError, board: &Board) {
        tracing::warn!("{error}; looking for it again");
        self.capture = None;
        self.has_run = true;
        self.retry_at = Instant::now() + RETRY;
        board.counters.losses.fetch_add(1, Ordering::Relaxed);
        board.tell(|told| told.camera_error = Some(error.to_string()));
    }
}
