//! Cameras of the kernel.

mod arrangement;
mod capture;
mod clock;
mod controls;
mod device;
mod formats;
mod fourcc;
mod home;
mod rates;
mod setting;
mod sizes;

use std::path::Path;

use vizion::VideoFormat;

use super::{Camera, CameraError, Capture, Control, ControlInfo};

use capture::Stream;
use home::Home;

/// A V4L2 camera.
#[derive(Debug)]
pub struct V4l2Camera {
    home: Home,
}

impl V4l2Camera {
    /// Opens the device at `path`, if it takes pictures that this interface has a format for.
    pub fn open(path: &Path) -> Result<V4l2Camera, CameraError> {
        let home = Home::find(path)?;
        formats::offers(&home.device()?)?;
        Ok(V4l2Camera { home })
    }
}

impl Camera for V4l2Camera {
    fn name(&self) -> String {
        self.home.card().to_owned()
    }

    fn formats(&mut self) -> Result<Vec<VideoFormat>, CameraError> {
        let offers = formats::offers(&self.home.device()?)?;
        Ok(offers.into_iter().map(|offer| offer.format).collect())
    }

    fn controls(&mut self) -> Result<Vec<ControlInfo>, CameraError> {
        controls::all(&self.home.device()?)
    }

    fn set(&mut self, control: Control, value: i64) -> Result<i64, CameraError> {
        controls::set(&self.home.device()?, control, value)
    }

    fn start(&mut self, format: VideoFormat) -> Result<Box<dyn Capture>, CameraError> {
        let device = self.home.device()?;
        let offers = formats::offers(&device)?;
        let offer = offers.iter().find(|offer| offer.format == format);
        let offer = offer.ok_or_else(|| CameraError::NoFormat {
            camera: self.home.camera(),
            format,
        })?;
        let arrangement = setting::set(&device, offer)?;
        let stream = Stream::start(device, self.home.clone(), arrangement)?;
        Ok(Box::new(stream))
    }
}
