//! How a camera is named: a kind, a colon, and which one of that kind.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::cuframes::KeyCamera;
use super::file::FileCamera;
use super::sim::SimCamera;
use super::v4l2::V4l2Camera;
use super::{Camera, CameraError};

/// Which camera to use.
///
/// ```
/// use vizion_streamer::camera::spec::Spec;
/// let spec: Spec = "v4l2:/dev/video0".parse()?;
/// assert_eq!(spec, Spec::V4l2("/dev/video0".into()));
/// assert_eq!(spec.to_string(), "v4l2:/dev/video0");
/// # Ok::<(), vizion_streamer::camera::spec::SpecError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spec {
    /// `v4l2:/dev/videoN`: a device of the kernel.
    V4l2(PathBuf),
    /// `sim:MODEL`: a camera that draws its pictures itself.
    Sim(String),
    /// `file:CLIP`: a video file, again and again, at its own speed.
    File(PathBuf),
    /// `cuframes:KEY`: frames that another process publishes.
    Cuframes(String),
}

/// Not the name of a camera.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// It begins with no kind of camera.
    #[error("'{given}' is no camera; use v4l2:/dev/videoN, sim:MODEL, file:CLIP or cuframes:KEY")]
    Kind {
        /// What was given.
        given: String,
    },
    /// A kind, and nothing behind it.
    #[error("'{kind}:' does not say which one; use {kind}:{which}")]
    Empty {
        /// The kind.
        kind: &'static str,
        /// What belongs behind it.
        which: &'static str,
    },
    /// Not a key that can be published.
    #[error("cuframes:{key}: {what}")]
    Key {
        /// What was given.
        key: String,
        /// What is wrong with it.
        what: String,
    },
}

impl FromStr for Spec {
    type Err = SpecError;

    fn from_str(given: &str) -> Result<Spec, SpecError> {
        let unknown = || SpecError::Kind {
            given: given.chars().take(64).collect(),
        };
        let (kind, which) = given.split_once(':').ok_or_else(unknown)?;
        let named = |kind, which_are| match which {
            "" => Err(SpecError::Empty {
                kind,
                which: which_are,
            }),
            which => Ok(which),
        };
        match kind {
            "v4l2" => Ok(Spec::V4l2(named("v4l2", "/dev/videoN")?.into())),
            "sim" => Ok(Spec::Sim(named("sim", "MODEL")?.to_owned())),
            "file" => Ok(Spec::File(named("file", "CLIP")?.into())),
            "cuframes" => key(named("cuframes", "KEY")?),
            _ => Err(unknown()),
        }
    }
}

fn key(key: &str) -> Result<Spec, SpecError> {
    match cuframes::wire::validate_key(key) {
        Ok(()) => Ok(Spec::Cuframes(key.to_owned())),
        Err(error) => Err(SpecError::Key {
            key: key.chars().take(64).collect(),
            what: error.to_string(),
        }),
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Spec::V4l2(path) => write!(out, "v4l2:{}", path.display()),
            Spec::Sim(model) => write!(out, "sim:{model}"),
            Spec::File(path) => write!(out, "file:{}", path.display()),
            Spec::Cuframes(key) => write!(out, "cuframes:{key}"),
        }
    }
}

impl Spec {
    /// Looks for the camera and finds out what it can do.
    pub fn open(&self) -> Result<Box<dyn Camera>, CameraError> {
        match self {
            Spec::V4l2(path) => Ok(Box::new(V4l2Camera::open(path)?)),
            Spec::Sim(model) => Ok(Box::new(SimCamera::new(model))),
            Spec::File(clip) => Ok(Box::new(FileCamera::open(clip)?)),
            Spec::Cuframes(key) => Ok(Box::new(KeyCamera::open(key)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read_and_written() {
        for (text, spec) in [
            ("v4l2:/dev/video3", Spec::V4l2("/dev/video3".into())),
            ("sim:AR0821", Spec::Sim("AR0821".to_owned())),
            ("file:a:b.mp4", Spec::File("a:b.mp4".into())),
            ("cuframes:cam1", Spec::Cuframes("cam1".to_owned())),
        ] {
            assert_eq!(text.parse(), Ok(spec.clone()));
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn errors_say_what_is_possible() {
        let said = |text: &str| text.parse::<Spec>().unwrap_err().to_string();
        let kinds = "use v4l2:/dev/videoN, sim:MODEL, file:CLIP or cuframes:KEY";
        assert!(said("/dev/video0").ends_with(kinds));
        assert!(said("usb:0").ends_with(kinds));
        assert!(said("").ends_with(kinds));
        assert!(said(&"x".repeat(4096)).len() < 200);
        assert_eq!(said("sim:"), "'sim:' does not say which one; use sim:MODEL");
        assert!(said("cuframes:../etc").contains("not allowed at byte 2"));
    }
}
