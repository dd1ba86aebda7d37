//! How a camera is named.

use std::path::PathBuf;
use std::str::FromStr;

use super::CameraError;
use crate::format::Format;

/// A camera, and what its pictures are to be like.
///
/// ```
/// use frame_lending::camera::CameraSpec;
/// let spec: CameraSpec = "v4l2:/dev/video0,1280x720,NV12".parse()?;
/// assert_eq!(spec.stream(), "v4l2:/dev/video0");
/// # Ok::<(), frame_lending::camera::CameraError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraSpec {
    /// The device.
    pub path: PathBuf,
    /// Pixels in a row, and rows; as the device is set if there are none.
    pub size: Option<(u32, u32)>,
    /// The format; as the device is set if there is none.
    pub format: Option<Format>,
}

impl CameraSpec {
    /// What a camera's name begins with, and no key does.
    pub const PREFIX: &str = "v4l2:";

    /// The name of its stream on the wire.
    #[must_use]
    pub fn stream(&self) -> String {
        format!("{}{}", CameraSpec::PREFIX, self.path.display())
    }
}

impl FromStr for CameraSpec {
    type Err = CameraError;

    fn from_str(given: &str) -> Result<CameraSpec, CameraError> {
        let wrong = || CameraError::Spec {
            given: given.chars().take(128).collect(),
        };
        let rest = given.strip_prefix(CameraSpec::PREFIX).ok_or_else(wrong)?;
        let mut parts = rest.split(',');
        let path = parts.next().filter(|path| !path.is_empty());
        let mut spec = CameraSpec {
            path: path.ok_or_else(wrong)?.into(),
            size: None,
            format: None,
        };
        for part in parts {
            match (size(part), Format::named(part)) {
                (Some(size), _) if spec.size.is_none() => spec.size = Some(size),
                (_, Some(format)) if spec.format.is_none() => spec.format = Some(format),
                _ => return Err(wrong()),
            }
        }
        Ok(spec)
    }
}

fn size(part: &str) -> Option<(u32, u32)> {
    let (width, height) = part.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_camera_has_a_path_and_perhaps_a_size_and_a_format() {
        let parse = |given: &str| given.parse::<CameraSpec>();
        let plain = parse("v4l2:/dev/video0").expect("a camera");
        assert_eq!((plain.size, plain.format), (None, None));
        let whole = parse("v4l2:/dev/v4l/by-path/pci-0000:00:14.0,yuyv,640x360").expect("a camera");
        assert_eq!(whole.size, Some((640, 360)));
        assert_eq!(whole.format, Format::named("YUYV"));
        assert_eq!(whole.stream(), "v4l2:/dev/v4l/by-path/pci-0000:00:14.0");
        for wrong in [
            "",
            "cam1",
            "v4l2:",
            "v4l2:,NV12",
            "v4l2:/dev/video0,",
            "v4l2:/dev/video0,MJPG",
            "v4l2:/dev/video0,640x",
            "v4l2:/dev/video0,NV12,NV12",
            "v4l2:/dev/video0,1x1,2x2",
            "v4l2:/dev/video0,-1x5",
        ] {
            let error = parse(wrong).expect_err(wrong).to_string();
            assert!(error.contains("v4l2:/dev/video0,1280x720,NV12"), "{error}");
        }
    }
}
