//! A stream of the simulated camera.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use vizion::{PixelFormat, VideoFormat};

use crate::camera::{CameraError, Canvas, Capture, Captured, Picture};
use crate::clock;
use crate::jpeg;
use crate::stream::Spare;

use super::Shared;
use super::draw::Template;
use super::picture::Values;

/// Draws a frame whenever it is time for one.
#[derive(Debug)]
pub struct SimCapture {
    /// What is drawn: JPEG pictures are drawn as NV12 and then compressed.
    drawn: VideoFormat,
    compression: Option<Compression>,
    shared: Arc<Shared>,
    values: Values,
    template: Template,
    begin: Instant,
    /// Frames that there were or should have been.
    number: u64,
}

#[derive(Debug)]
struct Compression {
    canvas: Spare,
    raw: Vec<u8>,
    jpeg: Vec<u8>,
}

impl SimCapture {
    pub fn new(format: VideoFormat, shared: Arc<Shared>, begin: Instant) -> SimCapture {
        let drawn = match format.format {
            PixelFormat::Mjpg => VideoFormat {
                format: PixelFormat::Nv12,
                ..format
            },
            _ => format,
        };
        let compression = (format.format == PixelFormat::Mjpg).then(|| Compression {
            canvas: Spare::new(drawn),
            raw: Vec::new(),
            jpeg: Vec::new(),
        });
        let values = shared.lock().clone();
        SimCapture {
            drawn,
            compression,
            template: Template::new(drawn, &values),
            shared,
            values,
            begin,
            number: 0,
        }
    }

    /// When frame `number` is due.
    fn due(&self, number: u64) -> Instant {
        let rate = u64::from(self.drawn.framerate);
        let seconds = Duration::from_secs(number / rate);
        self.begin + seconds + Duration::from_nanos(number % rate * 1_000_000_000 / rate)
    }

    /// Waits for the next frame's time; false if that is after `limit`. Frames that are too late
    /// already are lost.
    fn wait(&mut self, limit: Duration) -> Option<u64> {
        let now = Instant::now();
        let left = self.due(self.number).saturating_duration_since(now);
        if left > limit {
            thread::sleep(limit);
            return None;
        }
        thread::sleep(left);
        let mut lost = 0;
        while self.due(self.number + 1) <= now {
            self.number += 1;
            lost += 1;
        }
        Some(lost)
    }

    /// What was set since the last frame shows in this one.
    fn look(&mut self) {
        let values = self.shared.lock().clone();
        if values != self.values {
            self.template = Template::new(self.drawn, &values);
            self.values = values;
        }
    }
}

impl Capture for SimCapture {
    fn next(
        &mut self,
        canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError> {
        let Some(lost) = self.wait(limit) else {
            return Ok(None);
        };
        self.look();
        let number = self.number;
        self.number += 1;
        let captured = |picture| {
            Ok(Some(Captured {
                timestamp_ns: clock::realtime_ns(),
                lost,
                picture,
            }))
        };
        match (&mut self.compression, canvas) {
            (Some(compression), _) => {
                self.template.draw(&mut compression.canvas, number);
                captured(Picture::Jpeg(compression.compress(self.drawn)?))
            }
            (None, Some(canvas)) => {
                self.template.draw(canvas, number);
                captured(Picture::Drawn)
            }
            (None, None) => Ok(None),
        }
    }
}

impl Compression {
    fn compress(&mut self, drawn: VideoFormat) -> Result<&[u8], CameraError> {
        self.raw.clear();
        for plane in 0..drawn.format.plane_count() {
            self.raw.extend_from_slice(self.canvas.plane(plane).0);
        }
        let failed = |error: jpeg_encoder::EncodingError| CameraError::Unusable {
            camera: "sim".to_owned(),
            what: format!("a picture could not be compressed: {error}"),
        };
        jpeg::encode_into(&mut self.jpeg, &self.raw, drawn).map_err(failed)?;
        Ok(&self.jpeg)
    }
}
