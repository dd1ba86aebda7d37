//! What a driver can deliver, by enumeration.

use rustix::io::Errno;
use vizion::VideoFormat;

use crate::camera::CameraError;

use super::device::Device;
use super::fourcc::{self, Known};
use super::rates::{rate_of, rates_of};
use super::sizes::{Range, sizes_of};
use v4l2::{FormatDescription, Fraction, FrameInterval, FrameSize, StreamParameters};

/// More entries of one list than any driver has.
const MOST: u32 = 256;
/// The rate of a driver that tells none.
const UNTOLD_RATE: u32 = 30;
/// `V4L2_FRMSIZE_TYPE_DISCRETE` and `V4L2_FRMIVAL_TYPE_DISCRETE`.
const DISCRETE: u32 = 1;
/// `V4L2_FRMIVAL_TYPE_STEPWISE`.
const STEPWISE: u32 = 3;

/// A format that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What it is here.
    pub format: VideoFormat,
    /// What the driver calls its pixels.
    pub known: Known,
    /// The time between frames as the driver names it; `None` if it cannot be chosen.
    pub interval: Option<Fraction>,
}

/// Everything that `device` can deliver, what it is set to first.
pub fn offers(device: &Device) -> Result<Vec<Offer>, CameraError> {
    let now = Now::of(device)?;
    let mut offers: Vec<Offer> = Vec::new();
    for known in pixels(device)? {
        for (width, height) in sizes(device, known.fourcc, &now)? {
            for (framerate, interval) in rates(device, known.fourcc, (width, height), &now)? {
                let format = VideoFormat {
                    width,
                    height,
                    framerate,
                    format: known.format,
                };
                if !offers.iter().any(|offer| offer.format == format) {
                    offers.push(Offer {
                        format,
                        known,
                        interval,
                    });
                }
            }
        }
    }
    let is_now = |offer: &Offer| {
        let VideoFormat { width, height, .. } = offer.format;
        (offer.known.fourcc, (width, height)) == (now.fourcc, now.size)
    };
    let rate_now = now.interval.and_then(rate_of);
    offers.sort_by_key(|offer| {
        let is_now_too = rate_now == Some(offer.format.framerate);
        (!is_now(offer), !(is_now(offer) && is_now_too))
    });
    match offers.is_empty() {
        true => Err(CameraError::Unusable {
            camera: device.camera(),
            what: "its driver offers none of YUY2, UYVY, NV12, MJPG, BGR and RGB".to_owned(),
        }),
        false => Ok(offers),
    }
}

/// What the device is set to.
struct Now {
    fourcc: u32,
    size: (u32, u32),
    interval: Option<Fraction>,
}

impl Now {
    fn of(device: &Device) -> Result<Now, CameraError> {
        let failed = |errno| device.failed("VIDIOC_G_FMT", errno);
        let (fourcc, size) = if device.in_planes() {
            let mut format = v4l2::PlanesFormat::default();
            v4l2::get_planes_format(device.node(), &mut format).map_err(failed)?;
            (format.pixelformat, (format.width, format.height))
        } else {
            let mut format = v4l2::PictureFormat::default();
            v4l2::get_picture_format(device.node(), &mut format).map_err(failed)?;
            (format.pixelformat, (format.width, format.height))
        };
        let mut parameters = StreamParameters {
            kind: device.kind(),
            ..StreamParameters::default()
        };
        let interval = match v4l2::get_parameters(device.node(), &mut parameters) {
            Ok(()) => Some(parameters.timeperframe).filter(|&time| rate_of(time).is_some()),
            Err(Errno::NOTTY | Errno::INVAL) => None,
            Err(errno) => return Err(device.failed("VIDIOC_G_PARM", errno)),
        };
        Ok(Now {
            fourcc,
            size,
            interval,
        })
    }
}

/// Asks for the entries of a list from 0 on, until the driver says that there are no more.
fn list<T>(
    device: &Device,
    what: &str,
    mut entry: impl FnMut(u32) -> Result<T, Errno>,
) -> Result<Vec<T>, CameraError> {
    let mut entries = Vec::new();
    for index in 0..MOST {
        match entry(index) {
            Ok(one) => entries.push(one),
            // NOTTY: the driver has no such list at all.
            Err(Errno::INVAL | Errno::NOTTY) => break,
            Err(errno) => return Err(device.failed(what, errno)),
        }
    }
    Ok(entries)
}

fn pixels(device: &Device) -> Result<Vec<Known>, CameraError> {
    let all = list(device, "VIDIOC_ENUM_FMT", |index| {
        let mut description = FormatDescription {
            index,
            kind: device.kind(),
            ..FormatDescription::default()
        };
        v4l2::enumerate_format(device.node(), &mut description)?;
        Ok(description.pixelformat)
    })?;
    Ok(all.into_iter().filter_map(fourcc::of).collect())
}

fn sizes(device: &Device, pixelformat: u32, now: &Now) -> Result<Vec<(u32, u32)>, CameraError> {
    let all = list(device, "VIDIOC_ENUM_FRAMESIZES", |index| {
        let mut size = FrameSize {
            index,
            pixelformat,
            ..FrameSize::default()
        };
        v4l2::enumerate_size(device.node(), &mut size)?;
        Ok(size)
    })?;
    Ok(match all.first() {
        None => vec![now.size],
        Some(one) if one.kind == DISCRETE => {
            let sizes = all.iter().map(|one| (one.size[0], one.size[1]));
            sizes
                .filter(|&(width, height)| width > 0 && height > 0)
                .collect()
        }
        Some(one) => {
            let [width, most_width, step, height, most_height, height_step] = one.size;
            sizes_of(
                Range {
                    least: width,
                    most: most_width,
                    step,
                },
                Range {
                    least: height,
                    most: most_height,
                    step: height_step,
                },
            )
        }
    })
}

fn rates(
    device: &Device,
    pixelformat: u32,
    (width, height): (u32, u32),
    now: &Now,
) -> Result<Vec<(u32, Option<Fraction>)>, CameraError> {
    let all = list(device, "VIDIOC_ENUM_FRAMEINTERVALS", |index| {
        let mut interval = FrameInterval {
            index,
            pixelformat,
            width,
            height,
            ..FrameInterval::default()
        };
        v4l2::enumerate_interval(device.node(), &mut interval)?;
        Ok(interval)
    })?;
    let choice = match all.first() {
        None => {
            let rate = now.interval.and_then(rate_of).unwrap_or(UNTOLD_RATE);
            return Ok(vec![(rate, None)]);
        }
        Some(one) if one.kind == DISCRETE => {
            let times = all.iter().map(|one| one.interval[0]);
            times
                .filter_map(|time| Some((rate_of(time)?, time)))
                .collect()
        }
        Some(one) => {
            let [least, most, step] = one.interval;
            rates_of(least, most, (one.kind == STEPWISE).then_some(step))
        }
    };
    Ok(choice
        .into_iter()
        .map(|(rate, time)| (rate, Some(time)))
        .collect())
}
