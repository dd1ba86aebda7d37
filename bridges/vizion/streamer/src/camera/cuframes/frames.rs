//! A key's frames, copied into the canvas.

use std::time::Duration;

use cuframes::{Error, Frame, Subscriber};
use vizion::VideoFormat;

use crate::camera::{CameraError, Canvas, Capture, Captured, Picture};
use crate::clock::realtime_of;

use super::{failed, key_format};

/// A stream of a key's frames.
#[derive(Debug)]
pub struct Frames {
    subscriber: Subscriber,
    camera: String,
    format: VideoFormat,
    last: Option<u64>,
}

impl Frames {
    /// The frames of `subscriber`, which are of `format`.
    pub fn new(subscriber: Subscriber, camera: String, format: VideoFormat) -> Frames {
        Frames {
            subscriber,
            camera,
            format,
            last: None,
        }
    }

    fn failed(&self, error: &Error) -> CameraError {
        failed(self.camera.clone(), error)
    }

    /// A publisher may change its format; its readers chose theirs.
    fn check(&self, frame: &Frame) -> Result<(), CameraError> {
        let layout = frame.layout();
        let VideoFormat {
            width,
            height,
            format,
            ..
        } = self.format;
        match (layout.width, layout.height, Some(layout.format))
            == (width, height, key_format(format))
        {
            true => Ok(()),
            false => Err(CameraError::Lost {
                camera: self.camera.clone(),
                what: format!(
                    "it publishes {}x{} {} now; choose the format again",
                    layout.width, layout.height, layout.format
                ),
            }),
        }
    }
}

impl Capture for Frames {
    fn next(
        &mut self,
        canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError> {
        let frame = match self.subscriber.next(Some(limit)) {
            Ok(frame) => frame,
            Err(Error::Timeout { .. } | Error::WouldBlock) => return Ok(None),
            Err(error) => return Err(self.failed(&error)),
        };
        self.check(&frame)?;
        let seq = frame.seq();
        let timestamp_ns = realtime_of(frame.publish_ns());
        if !canvas.is_some_and(|canvas| draw(&frame, canvas)) {
            return Err(CameraError::Unusable {
                camera: self.camera.clone(),
                what: format!("there is no canvas for a picture of {}", self.format),
            });
        }
        // Whoever was evicted may have copied a frame that was written meanwhile.
        frame.release().map_err(|error| self.failed(&error))?;
        let last = self.last.replace(seq);
        Ok(Some(Captured {
            timestamp_ns,
            lost: last.map_or(0, |last| seq.saturating_sub(last + 1)),
            picture: Picture::Drawn,
        }))
    }
}

/// Copies every row; false if one has no room.
fn draw(frame: &Frame, canvas: &mut dyn Canvas) -> bool {
    frame.planes().enumerate().all(|(index, plane)| {
        let (bytes, pitch) = canvas.plane_mut(index);
        (0..plane.rows()).all(|y| {
            let row = bytes.get_mut(y * pitch..);
            row.is_some_and(|row| plane.copy_row(y, row))
        })
    })
}
