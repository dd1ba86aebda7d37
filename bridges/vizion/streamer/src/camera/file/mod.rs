//! A camera that shows a video file, again and again, at the file's own speed.
//!
//! The program `cuframes` decodes it in a process of its own, and publishes it under a key that
//! nobody else is told.

mod capture;
mod publisher;
mod shape;
#[allow(unsafe_code)]
mod sys;

use std::path::{Path, PathBuf};
use std::process;

use vizion::{PixelFormat, VideoFormat};

use crate::clock::realtime_ns;
use crate::program;

use super::{Camera, CameraError, Capture, Control, ControlInfo};

use capture::FileCapture;
use publisher::{Order, Publisher};
use shape::Shape;

/// What a picture can be converted to.
const OFFERED: [PixelFormat; 5] = [
    PixelFormat::Nv12,
    PixelFormat::Yuy2,
    PixelFormat::Uyvy,
    PixelFormat::Bgr,
    PixelFormat::Rgb,
];

/// A video file as a camera.
#[derive(Debug)]
pub struct FileCamera {
    program: PathBuf,
    clip: PathBuf,
    key: String,
    shape: Shape,
}

impl FileCamera {
    /// The camera that shows `clip`, by the program `cuframes` beside this one or in `PATH`.
    pub fn open(clip: &Path) -> Result<FileCamera, CameraError> {
        let unusable = |what: String| CameraError::Unusable {
            camera: camera(clip),
            what,
        };
        let beside = program::here().map_err(|error| CameraError::Io {
            camera: camera(clip),
            what: "looking for this program".to_owned(),
            source: error,
        })?;
        let program = program::find("cuframes", &beside).ok_or_else(|| {
            unusable(format!(
                "the program cuframes is neither in {} nor in PATH; install it beside vizion-streamer",
                beside.display()
            ))
        })?;
        FileCamera::with_program(clip, &program)
    }

    /// The camera that shows `clip`, by this `program`.
    pub fn with_program(clip: &Path, program: &Path) -> Result<FileCamera, CameraError> {
        let unusable = |what| CameraError::Unusable {
            camera: camera(clip),
            what,
        };
        // A whole path is read as nothing else, whatever is in it.
        let whole = clip
            .canonicalize()
            .map_err(|error| unusable(error.to_string()))?;
        let mut camera = FileCamera {
            program: program.to_owned(),
            clip: whole,
            key: format!("vizion-{}-{:x}", process::id(), realtime_ns()),
            shape: Shape::default(),
        };
        let publisher = camera.publish(None).map_err(unusable)?;
        camera.shape = publisher.shape().map_err(unusable)?;
        Ok(camera)
    }

    fn publish(&self, format: Option<PixelFormat>) -> Result<Publisher, String> {
        Publisher::start(&Order {
            program: &self.program,
            clip: &self.clip,
            key: &self.key,
            format,
        })
    }

    fn camera(&self) -> String {
        camera(&self.clip)
    }

    fn format(&self, format: PixelFormat) -> VideoFormat {
        let Shape {
            width,
            height,
            framerate,
            ..
        } = self.shape;
        VideoFormat {
            width,
            height,
            framerate,
            format,
        }
    }
}

fn camera(clip: &Path) -> String {
    format!("file:{}", clip.display())
}

impl Camera for FileCamera {
    fn name(&self) -> String {
        self.camera()
    }

    fn formats(&mut self) -> Result<Vec<VideoFormat>, CameraError> {
        let mut offered = OFFERED;
        offered.sort_by_key(|&one| Some(one) != self.shape.own);
        Ok(offered.map(|one| self.format(one)).into())
    }

    fn controls(&mut self) -> Result<Vec<ControlInfo>, CameraError> {
        Ok(Vec::new())
    }

    fn set(&mut self, control: Control, _: i64) -> Result<i64, CameraError> {
        Err(CameraError::NoControl {
            camera: self.camera(),
            control,
        })
    }

    fn start(&mut self, format: VideoFormat) -> Result<Box<dyn Capture>, CameraError> {
        if !self.formats()?.contains(&format) {
            return Err(CameraError::NoFormat {
                camera: self.camera(),
                format,
            });
        }
        let lost = |what| CameraError::Lost {
            camera: self.camera(),
            what,
        };
        let publisher = self.publish(Some(format.format)).map_err(lost)?;
        let shape = publisher.shape().map_err(lost)?;
        if (shape.width, shape.height) != (format.width, format.height) {
            let (width, height) = (shape.width, shape.height);
            return Err(lost(format!(
                "the file is another one now, of {width}x{height}; restart this program to use it"
            )));
        }
        let capture = FileCapture::join(publisher, &self.key, self.camera(), format)?;
        Ok(Box::new(capture))
    }
}
