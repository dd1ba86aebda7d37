//! Where frames come from.

mod control;
pub mod cuframes;
mod error;
pub mod file;
pub mod sim;
pub mod spec;
pub mod v4l2;

use std::time::Duration;

use vizion::VideoFormat;

pub use control::{Control, ControlFlags, ControlInfo};
pub use error::CameraError;

/// A camera: its formats, its controls, and a stream of its frames.
///
/// Controls can be set at any time, also while a stream runs; a stream belongs to another thread.
pub trait Camera: Send {
    /// What it calls itself, for messages and for `get_stats`.
    fn name(&self) -> String;

    /// Every format that it can deliver, the one that it would choose itself first. Never empty.
    fn formats(&mut self) -> Result<Vec<VideoFormat>, CameraError>;

    /// The controls that it has, with the values that they have now.
    fn controls(&mut self) -> Result<Vec<ControlInfo>, CameraError>;

    /// Sets a control and returns the value that it has then, read back.
    fn set(&mut self, control: Control, value: i64) -> Result<i64, CameraError>;

    /// Starts to deliver frames of one of its formats. One stream at a time: the last one was
    /// dropped before. After [`CameraError::Lost`] it looks for the camera again.
    fn start(&mut self, format: VideoFormat) -> Result<Box<dyn Capture>, CameraError>;
}

/// A running stream. Dropping it stops the camera.
pub trait Capture: Send {
    /// Waits for the next frame, at most `limit`, and is `None` if none came. A camera that makes
    /// its pictures by itself draws into `canvas`, if there is one (there is none for MJPG); one
    /// whose pictures are in memory already lends them.
    fn next(
        &mut self,
        canvas: Option<&mut dyn Canvas>,
        limit: Duration,
    ) -> Result<Option<Captured<'_>>, CameraError>;
}

/// Memory for one raw frame: a slot of a key, or memory of this process.
pub trait Canvas {
    /// The bytes of `plane` with their padding, and the bytes from one row to the next. The last
    /// row may be without its padding.
    fn plane_mut(&mut self, plane: usize) -> (&mut [u8], usize);

    /// The same bytes, to be read.
    fn plane(&self, plane: usize) -> (&[u8], usize);
}

/// A frame that came.
#[derive(Debug)]
pub struct Captured<'a> {
    /// When it was taken: ns of CLOCK_REALTIME.
    pub timestamp_ns: u64,
    /// Frames that the camera lost right before this one, as far as it tells.
    pub lost: u64,
    /// Where it lies.
    pub picture: Picture<'a>,
}

/// Where a frame lies.
#[derive(Debug)]
pub enum Picture<'a> {
    /// In the canvas.
    Drawn,
    /// In the camera's memory: for each plane its bytes and the bytes from one row to the next.
    /// The second is empty where the format has one plane.
    Lent([(&'a [u8], usize); 2]),
    /// In the camera's memory: a JPEG picture.
    Jpeg(&'a [u8]),
}
