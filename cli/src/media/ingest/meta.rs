//! What a decoded picture says about itself, in the terms of cuframes.

use cuframes::{Color, ColorRange, Format, FrameFlags, FrameMeta};
use ffmpeg_next::color::{Range, Space};
use ffmpeg_next::ffi::{AVColorPrimaries, AVColorSpace, AVColorTransferCharacteristic};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;

use super::timeline::Times;

/// H.273's "unspecified".
const UNSPECIFIED: u8 = 2;

/// The meta of `frame`, which is shown at `times` and comes from this packet, 0 unknown.
pub fn of(frame: &Video, times: Times, packet_seq: u64) -> FrameMeta {
    FrameMeta {
        pts: times.pts,
        duration: times.duration,
        flags: flags(frame, times.discontinuity),
        color: color(frame),
        packet_seq,
        ..FrameMeta::default()
    }
}

fn flags(frame: &Video, discontinuity: bool) -> FrameFlags {
    let corrupt = frame.is_corrupt() || frame.has_decode_errors();
    let interlaced = frame.is_interlaced();
    [
        (frame.is_key(), FrameFlags::KEY),
        (corrupt, FrameFlags::CORRUPT),
        (discontinuity, FrameFlags::DISCONTINUITY),
        (interlaced, FrameFlags::INTERLACED),
        (
            interlaced && frame.is_top_first(),
            FrameFlags::TOP_FIELD_FIRST,
        ),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, flag)| flag)
    .collect()
}

fn color(frame: &Video) -> Color {
    let primaries: AVColorPrimaries = frame.color_primaries().into();
    let transfer: AVColorTransferCharacteristic = frame.color_transfer_characteristic().into();
    let matrix: AVColorSpace = frame.color_space().into();
    Color {
        primaries: h273(primaries as u32),
        transfer: h273(transfer as u32),
        matrix: h273(matrix as u32),
        range: match (frame.format(), frame.color_range()) {
            (Pixel::YUVJ420P, _) | (_, Range::JPEG) => ColorRange::Full,
            (_, Range::MPEG) => ColorRange::Limited,
            _ => ColorRange::Unknown,
        },
    }
}

/// FFmpeg's numbers are those of H.273; values of its own, beyond, do not fit in the byte.
fn h273(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(UNSPECIFIED)
}

/// The colours after a conversion to `format`: RGB has no matrix, and all of the range.
pub fn converted(color: Color, format: Format) -> Color {
    let rgb = !matches!(
        format,
        Format::Nv12 | Format::P010 | Format::Yu12 | Format::Yuyv | Format::Uyvy | Format::R8
    );
    match rgb {
        true => Color {
            matrix: UNSPECIFIED,
            range: ColorRange::Full,
            ..color
        },
        false if color.matrix == RGB => Color {
            matrix: UNSPECIFIED,
            range: ColorRange::Limited,
            ..color
        },
        false => color,
    }
}

/// H.273's matrix of a picture that has none.
const RGB: u8 = Space::RGB as u8;
