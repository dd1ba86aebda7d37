//! A camera that draws its pictures itself: for whoever writes against the socket and has no
//! camera, and for tests.
//!
//! It has the ranges that VizionStreamer's interface names as typical, and every control changes
//! the picture. A model with the sensor AR0821 or AR0822 has eHDR, and forgets what it is set to
//! whenever a stream starts, as the drivers of real ones may.

mod capture;
mod draw;
mod model;
mod picture;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use vizion::VideoFormat;

use super::{Camera, CameraError, Capture, Control, ControlFlags, ControlInfo};

use capture::SimCapture;
use picture::Values;

/// A simulated camera.
#[derive(Debug)]
pub struct SimCamera {
    model: String,
    has_ehdr: bool,
    values: Arc<Shared>,
}

/// What the camera is set to, for its stream.
#[derive(Debug, Default)]
struct Shared(Mutex<Values>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Values> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SimCamera {
    /// A camera of this model, which may be any name.
    pub fn new(model: &str) -> SimCamera {
        SimCamera {
            model: model.to_owned(),
            has_ehdr: model::has_ehdr(model),
            values: Arc::default(),
        }
    }

    fn has(&self, control: Control) -> bool {
        self.has_ehdr || !control.is_ehdr()
    }

    /// Its range, if the camera has it.
    fn range(&self, control: Control) -> Result<model::Range, CameraError> {
        match self.has(control) {
            true => Ok(model::range(control)),
            false => Err(CameraError::NoControl {
                camera: self.name(),
                control,
            }),
        }
    }

    /// Whether the camera chooses it by itself now.
    fn is_inactive(values: &Values, control: Control) -> bool {
        match control {
            Control::Exposure => values.get(Control::ExposureAuto) == 1,
            Control::WhiteBalance => values.get(Control::WhiteBalanceAuto) == 1,
            _ => false,
        }
    }
}

impl Camera for SimCamera {
    fn name(&self) -> String {
        format!("sim:{}", self.model)
    }

    fn formats(&mut self) -> Result<Vec<VideoFormat>, CameraError> {
        Ok(model::formats())
    }

    fn controls(&mut self) -> Result<Vec<ControlInfo>, CameraError> {
        let values = self.values.lock();
        let info = |control| {
            let range = model::range(control);
            ControlInfo {
                control,
                min: range.min,
                max: range.max,
                step: 1,
                default: range.default,
                value: values.get(control),
                flags: ControlFlags {
                    inactive: SimCamera::is_inactive(&values, control),
                    ..ControlFlags::default()
                },
            }
        };
        let had = Control::ALL.into_iter().filter(|&one| self.has(one));
        Ok(had.map(info).collect())
    }

    fn set(&mut self, control: Control, value: i64) -> Result<i64, CameraError> {
        let model::Range { min, max, .. } = self.range(control)?;
        if !(min..=max).contains(&value) {
            return Err(CameraError::OutOfRange {
                control,
                value,
                min,
                max,
            });
        }
        self.values.lock().set(control, value);
        Ok(value)
    }

    fn start(&mut self, format: VideoFormat) -> Result<Box<dyn Capture>, CameraError> {
        if !model::formats().contains(&format) {
            let camera = self.name();
            return Err(CameraError::NoFormat { camera, format });
        }
        // As cameras with eHDR do.
        self.values.lock().forget_ehdr();
        let values = Arc::clone(&self.values);
        Ok(Box::new(SimCapture::new(format, values, Instant::now())))
    }
}

#[cfg(test)]
mod tests;
