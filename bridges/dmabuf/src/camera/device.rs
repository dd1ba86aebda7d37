//! A device that takes pictures, as it is to take them.

use std::sync::Arc;

use rustix::io::Errno;
use v4l2::{Capability, FormatDescription, Node, PictureFormat, PlanesFormat};

use super::arrangement::{Arrangement, format_of, fourcc_of, letters};
use super::{CameraError, CameraSpec};

const CAN_CAPTURE: u32 = 0x0000_0001;
const CAN_CAPTURE_PLANES: u32 = 0x0000_1000;
const CAN_STREAM: u32 = 0x0400_0000;
const HAS_DEVICE_CAPS: u32 = 0x8000_0000;
/// `V4L2_FIELD_NONE`: whole pictures.
const WHOLE: u32 = 1;

/// A device, open.
pub struct Device {
    /// Its descriptor.
    pub node: Arc<Node>,
    /// Pieces of memory of a picture; `None` if it does not know of more than one.
    pub parts: Option<usize>,
    /// How its pictures are arranged.
    pub arrangement: Arrangement,
}

/// What a driver has set.
struct Set {
    width: u32,
    height: u32,
    fourcc: u32,
    pitch: u32,
    size: u32,
    parts: usize,
}

impl Device {
    /// Opens a camera, and sets what was asked for.
    pub fn open(spec: &CameraSpec) -> Result<Device, CameraError> {
        let path = &spec.path;
        let node = Node::open(path).map_err(CameraError::opening(path))?;
        let mut capability = Capability::default();
        let asked = v4l2::query_capability(&node, &mut capability);
        asked.map_err(CameraError::request(path, "ask what it can"))?;
        let can = match capability.capabilities & HAS_DEVICE_CAPS {
            0 => capability.capabilities,
            _ => capability.device_caps,
        };
        let takes = can & (CAN_CAPTURE | CAN_CAPTURE_PLANES) != 0;
        if !takes || can & CAN_STREAM == 0 {
            return Err(CameraError::NoCamera { path: path.clone() });
        }
        let in_planes = can & CAN_CAPTURE == 0;
        let set = match in_planes {
            true => set_planes(&node, spec),
            false => set_picture(&node, spec),
        };
        let set = set.map_err(CameraError::request(path, "set the format of"))?;
        let arrangement = arrangement(&node, in_planes, spec, &set)?;
        Ok(Device {
            node: Arc::new(node),
            parts: in_planes.then_some(set.parts),
            arrangement,
        })
    }
}

fn set_picture(node: &Node, spec: &CameraSpec) -> Result<Set, Errno> {
    let mut format = PictureFormat::default();
    v4l2::get_picture_format(node, &mut format)?;
    if spec.size.is_some() || spec.format.is_some() {
        (format.width, format.height) = spec.size.unwrap_or((format.width, format.height));
        format.pixelformat = spec
            .format
            .and_then(fourcc_of)
            .unwrap_or(format.pixelformat);
        format.field = WHOLE;
        // The driver's to say.
        (format.bytesperline, format.sizeimage) = (0, 0);
        v4l2::set_picture_format(node, &mut format)?;
    }
    Ok(Set {
        width: format.width,
        height: format.height,
        fourcc: format.pixelformat,
        pitch: format.bytesperline,
        size: format.sizeimage,
        parts: 1,
    })
}

fn set_planes(node: &Node, spec: &CameraSpec) -> Result<Set, Errno> {
    let mut format = PlanesFormat::default();
    v4l2::get_planes_format(node, &mut format)?;
    if spec.size.is_some() || spec.format.is_some() {
        (format.width, format.height) = spec.size.unwrap_or((format.width, format.height));
        format.pixelformat = spec
            .format
            .and_then(fourcc_of)
            .unwrap_or(format.pixelformat);
        format.field = WHOLE;
        format.num_planes = 1;
        format.planes = Default::default();
        v4l2::set_planes_format(node, &mut format)?;
    }
    Ok(Set {
        width: format.width,
        height: format.height,
        fourcc: format.pixelformat,
        pitch: format.planes[0].bytesperline,
        size: format.planes[0].sizeimage,
        parts: format.num_planes.into(),
    })
}

/// How the pictures are arranged that a driver makes now. One that chose something else than was
/// asked for is an error, which names it.
fn arrangement(
    node: &Node,
    in_planes: bool,
    spec: &CameraSpec,
    set: &Set,
) -> Result<Arrangement, CameraError> {
    let wrong = |wanted: String, possible| CameraError::Format {
        path: spec.path.clone(),
        wanted,
        possible,
    };
    let made = format_of(set.fourcc).filter(|_| set.parts == 1);
    let format = match (made, spec.format) {
        (Some(made), None) => made,
        (Some(made), Some(wanted)) if made == wanted => made,
        (_, Some(wanted)) => return Err(wrong(wanted.name.to_owned(), formats(node, in_planes))),
        (None, None) => {
            let named = format!("{} and can be lent", letters(set.fourcc));
            return Err(wrong(named, formats(node, in_planes)));
        }
    };
    let (width, height) = (set.width, set.height);
    if let Some((wide, high)) = spec.size.filter(|size| *size != (width, height)) {
        return Err(wrong(
            format!("{wide}x{high}"),
            vec![format!("{width}x{height}")],
        ));
    }
    let found = Arrangement::new(format, width, height, set.pitch);
    let found = found.filter(|found| found.bytes() <= set.size.into());
    found.ok_or_else(|| {
        let rows = format!("{width}x{height} in rows of {} bytes", set.pitch);
        wrong(rows, formats(node, in_planes))
    })
}

/// The names of those formats of a device that can be lent.
fn formats(node: &Node, in_planes: bool) -> Vec<String> {
    let kind = match in_planes {
        true => v4l2::CAPTURE_MPLANE,
        false => v4l2::CAPTURE,
    };
    let description = |index| {
        let mut description = FormatDescription {
            index,
            kind,
            ..FormatDescription::default()
        };
        v4l2::enumerate_format(node, &mut description).ok()?;
        Some(description.pixelformat)
    };
    let all = (0..).map_while(description);
    all.filter_map(format_of)
        .map(|format| format.name.to_owned())
        .collect()
}
