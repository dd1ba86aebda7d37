//! Setting a format, and seeing what became of it.

use rustix::io::Errno;
use vizion::VideoFormat;

use crate::camera::CameraError;

use super::arrangement::{Arrangement, Chroma};
use super::device::Device;
use super::formats::Offer;
use super::fourcc::letters;
use super::rates::rate_of;
use v4l2::{PictureFormat, PlanesFormat, StreamParameters};

/// `V4L2_FIELD_NONE`: whole pictures.
const WHOLE: u32 = 1;
/// `V4L2_FIELD_INTERLACED`, `_TB` and `_BT`: both halves in one picture, row by row.
const WOVEN: [u32; 3] = [4, 8, 9];

/// Sets what is offered. A driver that chose something else is an error, which names it.
pub fn set(device: &Device, offer: &Offer) -> Result<Arrangement, CameraError> {
    let set = match device.in_planes() {
        true => set_planes(device, offer),
        false => set_picture(device, offer),
    };
    let done = set.map_err(|errno| match errno {
        Errno::BUSY => CameraError::Unusable {
            camera: device.camera(),
            what: "another program streams from it; stop that first".to_owned(),
        },
        errno => device.failed(&format!("VIDIOC_S_FMT {}", offer.format), errno),
    })?;
    check(device, offer, &done)?;
    set_rate(device, offer)?;
    let arrangement = done.arrangement(offer);
    match arrangement.is_possible() {
        true => Ok(arrangement),
        false => Err(CameraError::Unusable {
            camera: device.camera(),
            what: format!(
                "its driver says that rows of {} have {:?} bytes, which is too few",
                offer.format, arrangement.pitches
            ),
        }),
    }
}

/// What the driver has set.
struct Done {
    size: (u32, u32),
    fourcc: u32,
    field: u32,
    pitches: [u32; 2],
    parts: Option<usize>,
}

impl Done {
    fn arrangement(&self, offer: &Offer) -> Arrangement {
        let VideoFormat { width, format, .. } = offer.format;
        let pitch = |plane: usize| match self.pitches[plane] {
            // A driver without an opinion has no padding.
            0 => format.row_bytes(plane, width),
            pitch => pitch as usize,
        };
        let chroma = match offer.known.chroma {
            Chroma::None => 0,
            Chroma::BehindLuma => pitch(0),
            Chroma::Apart => pitch(1),
        };
        Arrangement {
            format: offer.format,
            chroma: offer.known.chroma,
            pitches: [pitch(0), chroma],
            parts: self.parts,
        }
    }
}

fn set_picture(device: &Device, offer: &Offer) -> Result<Done, Errno> {
    let mut format = PictureFormat {
        width: offer.format.width,
        height: offer.format.height,
        pixelformat: offer.known.fourcc,
        field: WHOLE,
        ..PictureFormat::default()
    };
    v4l2::set_picture_format(device.node(), &mut format)?;
    Ok(Done {
        size: (format.width, format.height),
        fourcc: format.pixelformat,
        field: format.field,
        pitches: [format.bytesperline, 0],
        parts: None,
    })
}

fn set_planes(device: &Device, offer: &Offer) -> Result<Done, Errno> {
    let mut format = PlanesFormat {
        width: offer.format.width,
        height: offer.format.height,
        pixelformat: offer.known.fourcc,
        field: WHOLE,
        num_planes: parts(offer),
        ..PlanesFormat::default()
    };
    v4l2::set_planes_format(device.node(), &mut format)?;
    Ok(Done {
        size: (format.width, format.height),
        fourcc: format.pixelformat,
        field: format.field,
        pitches: [format.planes[0].bytesperline, format.planes[1].bytesperline],
        parts: Some(usize::from(format.num_planes)),
    })
}

/// Pieces of memory of a picture.
fn parts(offer: &Offer) -> u8 {
    match offer.known.chroma {
        Chroma::Apart => 2,
        Chroma::None | Chroma::BehindLuma => 1,
    }
}

fn check(device: &Device, offer: &Offer, done: &Done) -> Result<(), CameraError> {
    let VideoFormat { width, height, .. } = offer.format;
    let asked = (width, height, offer.known.fourcc);
    let (set_width, set_height) = done.size;
    let what = if (set_width, set_height, done.fourcc) != asked {
        let (asked, set) = (letters(offer.known.fourcc), letters(done.fourcc));
        format!(
            "its driver was asked for {width}x{height} {asked} and has set {set_width}x{set_height} {set}; choose another format"
        )
    } else if done.field != WHOLE && !WOVEN.contains(&done.field) {
        format!(
            "its driver delivers halves of {width}x{height} pictures (field order {}); choose another format",
            done.field
        )
    } else if done
        .parts
        .is_some_and(|count| count != usize::from(parts(offer)))
    {
        let count = done.parts.unwrap_or_default();
        format!(
            "its driver lays {} into {count} pieces of memory",
            offer.format
        )
    } else {
        return Ok(());
    };
    Err(CameraError::Unusable {
        camera: device.camera(),
        what,
    })
}

fn set_rate(device: &Device, offer: &Offer) -> Result<(), CameraError> {
    let Some(interval) = offer.interval else {
        return Ok(());
    };
    let mut parameters = StreamParameters {
        kind: device.kind(),
        timeperframe: interval,
        ..StreamParameters::default()
    };
    v4l2::set_parameters(device.node(), &mut parameters)
        .map_err(|errno| device.failed(&format!("VIDIOC_S_PARM {}", offer.format), errno))?;
    let set = parameters.timeperframe;
    match rate_of(set) {
        Some(rate) if rate == offer.format.framerate => Ok(()),
        _ => Err(CameraError::Unusable {
            camera: device.camera(),
            what: format!(
                "its driver was asked for {} and has set {}/{} s between frames; choose another rate",
                offer.format, set.numerator, set.denominator
            ),
        }),
    }
}
