//! What can go wrong with a camera.

use std::io;

use vizion::VideoFormat;

use super::Control;

/// What a camera cannot do, or did not.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// There is no such camera, or it cannot be used.
    #[error("camera {camera}: {what}")]
    Unusable {
        /// Which.
        camera: String,
        /// Why, and what to do.
        what: String,
    },
    /// It is gone: unplugged, or its publisher ended.
    #[error("camera {camera} is gone: {what}")]
    Lost {
        /// Which.
        camera: String,
        /// How that was seen.
        what: String,
    },
    /// It has no such control.
    #[error("camera {camera} has no control {}", .control.name())]
    NoControl {
        /// Which camera.
        camera: String,
        /// Which control.
        control: Control,
    },
    /// The value is not one of the control's.
    #[error("{} {value} is out of range; use {min} to {max}", .control.name())]
    OutOfRange {
        /// Which control.
        control: Control,
        /// What was asked for.
        value: i64,
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// It does not deliver this format.
    #[error("camera {camera} does not deliver {format}; get_formats lists what it does")]
    NoFormat {
        /// Which camera.
        camera: String,
        /// What was asked for.
        format: VideoFormat,
    },
    /// The kernel's word.
    #[error("camera {camera}: {what}: {source}")]
    Io {
        /// Which camera.
        camera: String,
        /// What was tried.
        what: String,
        /// What the kernel said.
        source: io::Error,
    },
}
