//! The camera's own thread: what is asked of a camera may take long, and who asks must not.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use crate::camera::Camera;

type Job = Box<dyn FnOnce(&mut dyn Camera) + Send>;

/// Takes jobs for a camera, which are done one after the other.
#[derive(Clone)]
pub struct Desk {
    jobs: Sender<Job>,
}

/// The camera did not answer in time. What was asked of it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the camera did not answer within {} ms; what was asked of it goes on, and get_controls tells how it ended",
    .0.as_millis()
)]
pub struct Busy(Duration);

impl Desk {
    /// Gives `camera` a thread, which ends with the last desk.
    pub fn open(mut camera: Box<dyn Camera>) -> io::Result<Desk> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let thread = thread::Builder::new().name("camera".to_owned());
        thread.spawn(move || {
            for job in queue {
                job(camera.as_mut());
            }
        })?;
        Ok(Desk { jobs })
    }

    /// Asks the camera and waits for its answer, at most `limit`.
    pub fn ask<T: Send + 'static>(
        &self,
        limit: Duration,
        job: impl FnOnce(&mut dyn Camera) -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let (answer, answered) = mpsc::sync_channel(1);
        let job: Job = Box::new(move |camera| {
            // Nobody may be waiting any more.
            let _ = answer.try_send(job(camera));
        });
        self.jobs.send(job).map_err(|_| Busy(limit))?;
        match answered.recv_timeout(limit) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(Busy(limit)),
        }
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Desk").finish_non_exhaustive()
    }
}
