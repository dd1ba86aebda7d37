//! What the simulated decoder takes: about what a GPU of 2020 does, in 4:2:0.

use std::ffi::{c_uint, c_ulong};

use crate::abi::{CHROMA_420, CreateInfo, DecodeCaps, SURFACE_NV12, SURFACE_P016, code, codec};
use crate::driver::Result;

/// NVDEC has no more.
const MOST_DECODE_SURFACES: c_ulong = 32;
/// A number that no program needs, below which sizes cannot overflow.
const MOST_OUTPUT_SURFACES: c_ulong = 64;
const LEAST_WIDTH: c_uint = 48;
const LEAST_HEIGHT: c_uint = 16;

/// The largest width and height, and the surface format of a bit depth.
struct Limits {
    side: c_uint,
    format: c_uint,
}

fn limits(codec: c_uint, chroma: c_uint, depth_minus_8: c_uint) -> Option<Limits> {
    let side = match codec {
        codec::HEVC | codec::VP9 | codec::AV1 => 8192,
        0..codec::COUNT => 4096,
        _ => return None,
    };
    let deep = matches!(codec, codec::HEVC | codec::VP9) || codec == codec::AV1;
    let format = match depth_minus_8 {
        0 => SURFACE_NV12,
        2 | 4 if deep => SURFACE_P016,
        _ => return None,
    };
    (chroma == CHROMA_420).then_some(Limits { side, format })
}

/// Fills the answers into `caps`: all zero for what is not supported.
pub fn fill(caps: &mut DecodeCaps) {
    let limits = limits(caps.codec, caps.chroma, caps.bit_depth_minus_8);
    let side = limits.as_ref().map_or(0, |limits| limits.side);
    let known = limits.is_some();
    caps.is_supported = known.into();
    caps.decoders = known.into();
    caps.output_formats = limits.map_or(0, |limits| 1 << limits.format);
    caps.max_width = side;
    caps.max_height = side;
    caps.max_macroblocks = side / 16 * (side / 16);
    caps.min_width = if known { LEAST_WIDTH as u16 } else { 0 };
    caps.min_height = if known { LEAST_HEIGHT as u16 } else { 0 };
    caps.is_histogram_supported = 0;
    caps.counter_bit_depth = 0;
    caps.max_histogram_bins = 0;
}

/// Refuses parameters that no decoder can be made of.
pub fn check(info: &CreateInfo) -> Result<()> {
    let depth = c_uint::try_from(info.bit_depth_minus_8).map_err(|_| code::INVALID_VALUE)?;
    let limits = limits(info.codec, info.chroma, depth).ok_or(code::NOT_SUPPORTED)?;
    let is_within =
        |size: c_ulong, least: c_uint| (least.into()..=limits.side.into()).contains(&size);
    let is_even = |size: c_ulong| size.is_multiple_of(2);
    let sizes_fit = is_within(info.width, LEAST_WIDTH)
        && is_within(info.height, LEAST_HEIGHT)
        && is_within(info.target_width, 2)
        && is_within(info.target_height, 2)
        && is_even(info.target_width)
        && is_even(info.target_height);
    let counts_fit = (1..=MOST_DECODE_SURFACES).contains(&info.decode_surfaces)
        && (1..=MOST_OUTPUT_SURFACES).contains(&info.output_surfaces);
    if info.output_format != limits.format {
        Err(code::NOT_SUPPORTED)
    } else if sizes_fit && counts_fit && area_fits(info) {
        Ok(())
    } else {
        Err(code::INVALID_VALUE)
    }
}

/// Whether the display area is empty (all of it) or lies inside the coded picture.
fn area_fits(info: &CreateInfo) -> bool {
    let area = info.display_area;
    let is_empty = [area.left, area.top, area.right, area.bottom] == [0; 4];
    let fits = |first: i16, last: i16, size: c_ulong| {
        0 <= first && first < last && i64::from(last) <= size as i64
    };
    is_empty || fits(area.left, area.right, info.width) && fits(area.top, area.bottom, info.height)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::ShortRect;

    type Change = (&'static str, fn(&mut CreateInfo));

    const NOWHERE: ShortRect = ShortRect {
        left: 0,
        top: 0,
        right: 0,
        bottom: 0,
    };

    fn good() -> CreateInfo {
        CreateInfo {
            width: 1280,
            height: 720,
            decode_surfaces: 20,
            codec: codec::H264,
            chroma: CHROMA_420,
            flags: 0,
            bit_depth_minus_8: 0,
            intra_only: 0,
            max_width: 0,
            max_height: 0,
            reserved1: 0,
            display_area: NOWHERE,
            output_format: SURFACE_NV12,
            deinterlace: 0,
            target_width: 1280,
            target_height: 720,
            output_surfaces: 2,
            lock: std::ptr::null_mut(),
            target_rect: NOWHERE,
            histogram: 0,
            reserved2: [0; 4],
        }
    }

    #[test]
    fn parameters_out_of_bounds_are_refused() {
        check(&good()).expect("good");
        let wrong: [Change; 9] = [
            ("width", |info| info.width = 4097),
            ("height", |info| info.height = 8),
            ("odd target", |info| info.target_width = 1279),
            ("no target", |info| info.target_height = 0),
            ("decode surfaces", |info| info.decode_surfaces = 33),
            ("no decode surfaces", |info| info.decode_surfaces = 0),
            ("output surfaces", |info| info.output_surfaces = u64::MAX),
            ("area", |info| {
                info.display_area = ShortRect {
                    right: 1281,
                    bottom: 720,
                    ..NOWHERE
                }
            }),
            ("depth", |info| info.bit_depth_minus_8 = 1 << 32),
        ];
        for (what, change) in wrong {
            let mut info = good();
            change(&mut info);
            assert_eq!(check(&info), Err(code::INVALID_VALUE), "{what}");
        }
    }

    #[test]
    fn what_the_hardware_lacks_is_not_supported() {
        let lacking: [Change; 4] = [
            ("4:4:4", |info| info.chroma = 3),
            ("H.264 in 10 bits", |info| info.bit_depth_minus_8 = 2),
            ("P016 of 8 bits", |info| info.output_format = SURFACE_P016),
            ("a codec of tomorrow", |info| info.codec = codec::COUNT),
        ];
        for (what, change) in lacking {
            let mut info = good();
            change(&mut info);
            assert_eq!(check(&info), Err(code::NOT_SUPPORTED), "{what}");
        }
    }
}
