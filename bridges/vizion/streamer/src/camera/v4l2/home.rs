//! The device of a camera, which its stream gives up when it is gone.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::camera::CameraError;

use super::device::{self, Device};

/// Where a camera is, and the device while it is there. Clones are the same one.
///
/// A device that was unplugged keeps its number until nobody has it open any more, so that the
/// camera would come back under another one; therefore whoever sees the loss closes it.
#[derive(Clone, Debug)]
pub struct Home {
    path: PathBuf,
    card: String,
    device: Arc<Mutex<Option<Device>>>,
}

impl Home {
    /// Opens the device at `path`.
    pub fn find(path: &Path) -> Result<Home, CameraError> {
        let device = Device::open(path)?;
        Ok(Home {
            path: path.to_owned(),
            card: device.card().to_owned(),
            device: Arc::new(Mutex::new(Some(device))),
        })
    }

    /// What the camera calls itself.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// The name of the camera in messages.
    pub fn camera(&self) -> String {
        device::camera(&self.path)
    }

    /// The device; one that was gone is looked for again, and must be the same camera.
    pub fn device(&self) -> Result<Device, CameraError> {
        let mut place = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(device) = place.take().filter(Device::is_there) {
            return Ok(place.insert(device).clone());
        }
        let device = Device::open(&self.path).map_err(|error| match error {
            CameraError::Unusable { camera, what } => CameraError::Lost { camera, what },
            error => error,
        })?;
        is_the_same(&self.path, &self.card, device.card())?;
        Ok(place.insert(device).clone())
    }

    /// Closes the device, as it is gone.
    pub fn leave(&self) {
        *self.device.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Another camera at the same path has other formats and controls than those that were told.
fn is_the_same(path: &Path, before: &str, now: &str) -> Result<(), CameraError> {
    if before == now {
        return Ok(());
    }
    Err(CameraError::Unusable {
        camera: device::camera(path),
        what: format!(
            "'{before}' was here and now it is '{now}'; plug the first one in again, or restart this program to use the other"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_camera_at_the_same_path_is_told() {
        let path = Path::new("/dev/video0");
        assert!(is_the_same(path, "C920", "C920").is_ok());
        let refused = is_the_same(path, "C920", "C270").unwrap_err().to_string();
        let expected = "camera v4l2:/dev/video0: 'C920' was here and now it is 'C270'; plug";
        assert!(refused.starts_with(expected), "{refused}");
    }
}
