//! What a key has, as a camera's formats.

use cuframes::keys::KeyInfo;
use cuframes::{Codec, Format, MemoryKind};
use vizion::{PixelFormat, VideoFormat};

/// Frames a second of a publisher that tells none.
const UNTOLD_RATE: u32 = 30;

/// The formats of `info`; else what is wrong, and what to do.
pub fn formats(info: &KeyInfo) -> Result<Vec<VideoFormat>, String> {
    let mut pixels = Vec::new();
    let raw = format_of_key(info.layout.format);
    if info.has_frames && info.memory == MemoryKind::Host {
        pixels.extend(raw);
    }
    let codec = info.packets.as_ref().and_then(|packets| packets.codec);
    if codec == Some(Codec::MJPEG) {
        pixels.push(PixelFormat::Mjpg);
    }
    if pixels.is_empty() {
        return Err(reason(info, raw.is_some()));
    }
    let format = |format| VideoFormat {
        width: info.layout.width,
        height: info.layout.height,
        framerate: rate(info.stream.fps),
        format,
    };
    Ok(pixels.into_iter().map(format).collect())
}

fn reason(info: &KeyInfo, is_known: bool) -> String {
    if !info.has_frames {
        let codec = info.packets.as_ref().and_then(|packets| packets.codec);
        return match codec {
            Some(_) => "it has packets and no frames, and they are not MJPEG; publish frames",
            None => "it has packets and no frames, and none came yet; try again when some do",
        }
        .to_owned();
    }
    if is_known {
        return "its frames are on a GPU; publish them with --memory host".to_owned();
    }
    format!(
        "its frames are {}; publish them as nv12, yuyv422, uyvy422, bgr24 or rgb24",
        info.layout.format
    )
}

/// Frames per second, to the nearest whole number from 1 on.
pub fn rate((numerator, denominator): (u32, u32)) -> u32 {
    let (numerator, denominator) = (u64::from(numerator), u64::from(denominator));
    let rounded = (2 * numerator + denominator).checked_div(2 * denominator);
    let rate = rounded.and_then(|rate| u32::try_from(rate).ok());
    match rate {
        None => UNTOLD_RATE,
        Some(_) if numerator == 0 => UNTOLD_RATE,
        Some(rate) => rate.max(1),
    }
}

/// The pixels that a key calls so, if a camera can have them.
pub fn format_of_key(format: Format) -> Option<PixelFormat> {
    PixelFormat::ALL
        .into_iter()
        .find(|&one| key_format(one) == Some(format))
}

/// What a key calls these pixels; JPEG has none.
pub fn key_format(format: PixelFormat) -> Option<Format> {
    match format {
        PixelFormat::Yuy2 => Some(Format::Yuyv),
        PixelFormat::Uyvy => Some(Format::Uyvy),
        PixelFormat::Nv12 => Some(Format::Nv12),
        PixelFormat::Bgr => Some(Format::Rg24),
        PixelFormat::Rgb => Some(Format::Bg24),
        PixelFormat::Mjpg => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_rounded_and_30_where_there_is_none() {
        let rates = [
            (30, 1),
            (30_000, 1001),
            (25, 2),
            (1, 4),
            (0, 0),
            (0, 1),
            (5, 0),
        ];
        assert_eq!(rates.map(rate), [30, 30, 13, 1, 30, 30, 30]);
        assert_eq!(rate((u32::MAX, 1)), u32::MAX);
    }

    #[test]
    fn every_raw_format_is_one_of_a_key_and_comes_back() {
        for format in PixelFormat::ALL {
            let back = key_format(format).map(format_of_key);
            assert_eq!(back, (format != PixelFormat::Mjpg).then_some(Some(format)));
        }
        assert_eq!(format_of_key(Format::Yu12), None);
    }
}
