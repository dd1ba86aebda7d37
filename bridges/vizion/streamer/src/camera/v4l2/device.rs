//! A V4L2 device that takes pictures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use crate::camera::CameraError;

use v4l2::{Capability, Node};

const CAN_CAPTURE: u32 = 0x0000_0001;
const CAN_CAPTURE_PLANES: u32 = 0x0000_1000;
const CAN_STREAM: u32 = 0x0400_0000;
const HAS_DEVICE_CAPS: u32 = 0x8000_0000;

/// A device, open.
#[derive(Clone, Debug)]
pub struct Device {
    path: PathBuf,
    node: Arc<Node>,
    card: String,
    /// Whether it speaks the interface for pictures in more than one piece of memory.
    planes: bool,
}

impl Device {
    /// Opens the device at `path` if it takes pictures.
    pub fn open(path: &Path) -> Result<Device, CameraError> {
        let unusable = |what: String| CameraError::Unusable {
            camera: camera(path),
            what,
        };
        let node = Node::open(path).map_err(|errno| match errno {
            Errno::NODEV | Errno::NXIO | Errno::NOENT => {
                unusable(format!("there is no such device; {}", others()))
            }
            Errno::NOTTY => unusable(format!("this is no video device; {}", others())),
            Errno::ACCESS => unusable(
                "this user may not open it; add the user to the group that owns it, mostly 'video'"
                    .to_owned(),
            ),
            errno => io(path, "open", errno),
        })?;
        let capability =
            capability(&node).map_err(|errno| failed(path, "VIDIOC_QUERYCAP", errno))?;
        let can = what_it_can(&capability);
        if can & (CAN_CAPTURE | CAN_CAPTURE_PLANES) == 0 {
            return Err(unusable(format!(
                "this device takes no pictures; {}",
                others()
            )));
        }
        if can & CAN_STREAM == 0 {
            let driver = text(&capability.driver);
            return Err(unusable(format!(
                "its driver '{driver}' cannot stream into mapped memory"
            )));
        }
        Ok(Device {
            path: path.to_owned(),
            node: Arc::new(node),
            card: text(&capability.card),
            planes: can & CAN_CAPTURE == 0,
        })
    }

    /// Whether it is still there.
    pub fn is_there(&self) -> bool {
        capability(&self.node).is_ok()
    }

    /// What it calls itself.
    pub fn card(&self) -> &str {
        &self.card
    }

    /// Whether its pictures may come in more than one piece of memory.
    pub fn in_planes(&self) -> bool {
        self.planes
    }

    /// The number of its kind of buffers.
    pub fn kind(&self) -> u32 {
        match self.planes {
            true => v4l2::CAPTURE_MPLANE,
            false => v4l2::CAPTURE,
        }
    }

    /// Its descriptor.
    pub fn node(&self) -> &Arc<Node> {
        &self.node
    }

    /// The name of the camera in messages.
    pub fn camera(&self) -> String {
        camera(&self.path)
    }

    /// The error of a request that failed.
    pub fn failed(&self, what: &str, errno: Errno) -> CameraError {
        failed(&self.path, what, errno)
    }
}

/// The name of the camera at `path`.
pub fn camera(path: &Path) -> String {
    format!("v4l2:{}", path.display())
}

fn failed(path: &Path, what: &str, errno: Errno) -> CameraError {
    match errno {
        Errno::NODEV | Errno::NXIO => CameraError::Lost {
            camera: camera(path),
            what: format!("{what}: {}; plug it in again", std::io::Error::from(errno)),
        },
        errno => io(path, what, errno),
    }
}

fn io(path: &Path, what: &str, errno: Errno) -> CameraError {
    CameraError::Io {
        camera: camera(path),
        what: what.to_owned(),
        source: errno.into(),
    }
}

fn capability(node: &Node) -> Result<Capability, Errno> {
    let mut capability = Capability::default();
    v4l2::query_capability(node, &mut capability)?;
    Ok(capability)
}

/// What this node can do, and not what all nodes of the same hardware can.
fn what_it_can(capability: &Capability) -> u32 {
    match capability.capabilities & HAS_DEVICE_CAPS {
        0 => capability.capabilities,
        _ => capability.device_caps,
    }
}

/// A field that ends with NUL.
pub fn text(field: &[u8]) -> String {
    let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}

/// Which cameras there are, for whoever named one that is none.
fn others() -> String {
    let entries = std::fs::read_dir("/dev").into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut cameras: Vec<String> = paths
        .filter(|path| path.to_string_lossy().starts_with("/dev/video"))
        .filter_map(|path| described(&path))
        .collect();
    cameras.sort();
    match cameras.is_empty() {
        true => "this machine has no camera that this user may open".to_owned(),
        false => format!("use {}", cameras.join(" or ")),
    }
}

fn described(path: &Path) -> Option<String> {
    let node = Node::open(path).ok()?;
    let capability = capability(&node).ok()?;
    let takes_pictures = what_it_can(&capability) & (CAN_CAPTURE | CAN_CAPTURE_PLANES) != 0;
    takes_pictures.then(|| format!("{} ({})", camera(path), text(&capability.card)))
}
