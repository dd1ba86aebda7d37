//! What ends the way of a frame from the camera to the outputs.

use crate::camera::CameraError;

/// Why a frame was not carried.
#[derive(Debug)]
pub enum Broken {
    /// The camera did not deliver.
    Camera(CameraError),
    /// An output cannot go on.
    Output(String),
}

impl From<CameraError> for Broken {
    fn from(error: CameraError) -> Broken {
        Broken::Camera(error)
    }
}

impl From<cuframes::Error> for Broken {
    fn from(error: cuframes::Error) -> Broken {
        Broken::Output(error.to_string())
    }
}
