//! A stream of a file's pictures.

use std::time::Duration;

use cuframes::{Mode, Subscriber};
use vizion::VideoFormat;

use crate::camera::cuframes::{Frames, failed};
use crate::camera::{CameraError, Canvas, Capture, Captured};

use super::publisher::Publisher;

/// How long a process that has opened its file may take to publish it.
const PATIENCE: Duration = Duration::from_secs(5);

/// The frames that the process publishes.
#[derive(Debug)]
pub struct FileCapture {
    /// Dropped before the process is ended.
    frames: Frames,
    publisher: Publisher,
    camera: String,
}

impl FileCapture {
    /// Joins `publisher`, whose first frame waits for that.
    pub fn join(
        publisher: Publisher,
        key: &str,
        camera: String,
        format: VideoFormat,
    ) -> Result<FileCapture, CameraError> {
        let joined = Subscriber::builder(key)
            .mode(Mode::StrictOrder)
            .connect_timeout(Some(PATIENCE))
            .reattach(false)
            .connect();
        let subscriber = joined.map_err(|error| failed(camera.clone(), &error))?;
        Ok(FileCapture {
            frames: Frames::new(subscriber, camera.clone(), format),
            publisher,
            camera,
        })
    }
}

impl Capture for FileCapture {
    fn next(
        &mut self,
        canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError> {
        let FileCapture {
            frames,
            publisher,
            camera,
        } = self;
        frames.next(canvas, limit).map_err(|error| match error {
            CameraError::Lost { what, .. } => CameraError::Lost {
                camera: camera.clone(),
                what: publisher.end().unwrap_or(what),
            },
            error => error,
        })
    }
}
