//! From the pixels of a frame to RGB of 8 bits, as displays and browsers take them.

use cuframes::{Color, ColorRange, Format};
use ffmpeg_next::format::Pixel;
use ffmpeg_next::frame::Video;
use ffmpeg_next::software::scaling::{Context, Flags};

use cuframes_cli::exit::Failure;

use crate::ffmpeg;

use super::gamut::Gamut;
use super::newest::Still;

/// From so many rows on a picture that tells no matrix is taken for BT.709.
const HIGH_DEFINITION: u32 = 720;
const BT709: u8 = 1;
const BT601: u8 = 6;
const UNKNOWN: u8 = 2;

/// The picture in sRGB, without what is cropped off.
pub fn to_srgb(still: &Still) -> Result<Video, Failure> {
    let color = still.meta.color;
    let gamut = Gamut::of(color).map_err(unknown)?;
    let deep = match bytes_of_rgb(still.layout.format) {
        Some(_) => None,
        None => Some(converted(still)?),
    };
    let samples = match (&deep, bytes_of_rgb(still.layout.format)) {
        (Some(deep), _) => Samples {
            bytes: deep.data(0),
            pitch: deep.stride(0),
            step: 6,
            places: [0, 2, 4],
            wide: true,
        },
        (None, bytes) => {
            let (step, places) = bytes.unwrap_or_default();
            Samples {
                bytes: &still.pixels,
                pitch: still.layout.plane_row_bytes(0) as usize,
                step,
                places,
                wide: false,
            }
        }
    };
    let crop = still.meta.crop;
    let (left, top) = (usize::from(crop.left), usize::from(crop.top));
    let width = still.layout.width - u32::from(crop.left) - u32::from(crop.right);
    let height = still.layout.height - u32::from(crop.top) - u32::from(crop.bottom);
    let levels = Levels::of(still.layout.format, color.range);
    let mut picture = Video::new(Pixel::RGB24, width, height);
    let pitch = picture.stride(0);
    for (y, row) in picture.data_mut(0).chunks_mut(pitch).enumerate() {
        for (x, pixel) in row.chunks_exact_mut(3).take(width as usize).enumerate() {
            let rgb = samples.at(left + x, top + y);
            let rgb = rgb.map(|value| levels.stretch(value));
            let rgb = gamut.as_ref().map_or(rgb, |gamut| gamut.convert(rgb));
            pixel.copy_from_slice(&rgb.map(|value| (value * 255.0).round() as u8));
        }
    }
    Ok(picture)
}

/// Rows of R, G and B, of 8 or 16 bits each.
struct Samples<'a> {
    bytes: &'a [u8],
    pitch: usize,
    /// Bytes from one pixel to the next.
    step: usize,
    /// Where R, G and B are in it.
    places: [usize; 3],
    wide: bool,
}

impl Samples<'_> {
    fn at(&self, x: usize, y: usize) -> [f64; 3] {
        let pixel = &self.bytes[y * self.pitch + x * self.step..];
        self.places.map(|place| match self.wide {
            true => f64::from(u16::from_le_bytes([pixel[place], pixel[place + 1]])) / 65535.0,
            false => f64::from(pixel[place]) / 255.0,
        })
    }
}

/// Bytes of a pixel, and where R, G and B are in them; `None` for formats with a matrix.
fn bytes_of_rgb(format: Format) -> Option<(usize, [usize; 3])> {
    match format {
        Format::Rg24 => Some((3, [2, 1, 0])),
        Format::Bg24 => Some((3, [0, 1, 2])),
        Format::Ar24 | Format::Xr24 => Some((4, [2, 1, 0])),
        Format::Ab24 | Format::Xb24 => Some((4, [0, 1, 2])),
        _ => None,
    }
}

/// RGB whose black is not 0, which swscale does not know.
#[derive(Clone, Copy, Debug)]
struct Levels {
    black: f64,
    white: f64,
}

impl Levels {
    fn of(format: Format, range: ColorRange) -> Levels {
        match (bytes_of_rgb(format), range) {
            (Some(_), ColorRange::Limited) => Levels {
                black: 16.0 / 255.0,
                white: 235.0 / 255.0,
            },
            _ => Levels {
                black: 0.0,
                white: 1.0,
            },
        }
    }

    fn stretch(self, value: f64) -> f64 {
        ((value - self.black) / (self.white - self.black)).clamp(0.0, 1.0)
    }
}

/// The pixels as FFmpeg has them.
fn source(still: &Still) -> Result<Video, Failure> {
    let layout = &still.layout;
    let name = layout.format.ffmpeg_name();
    let pixel: Pixel = name
        .parse()
        .map_err(|_| unknown(format!("pixel format {name}")))?;
    let mut frame = Video::new(pixel, layout.width, layout.height);
    let mut rest = &still.pixels[..];
    for plane in 0..layout.plane_count {
        let row_bytes = layout.plane_row_bytes(plane) as usize;
        let rows = layout.plane_rows(plane) as usize;
        let (bytes, after) = rest.split_at(row_bytes * rows);
        let pitch = frame.stride(plane);
        let to = frame.data_mut(plane).chunks_mut(pitch);
        for (to, from) in to.zip(bytes.chunks_exact(row_bytes)) {
            to[..row_bytes].copy_from_slice(from);
        }
        rest = after;
    }
    Ok(frame)
}

/// The frame as RGB of 16 bits, by its own matrix and range.
fn converted(still: &Still) -> Result<Video, Failure> {
    let frame = source(still)?;
    let (from, to) = (frame.format(), Pixel::RGB48LE);
    let (width, height) = (frame.width(), frame.height());
    let flags = Flags::BICUBIC | Flags::ACCURATE_RND | Flags::FULL_CHR_H_INT;
    let mut context = Context::get(from, width, height, to, width, height, flags)
        .map_err(failed("convert the picture"))?;
    set_colours(&mut context, still.meta.color, height)?;
    let mut out = Video::new(to, width, height);
    context
        .run(&frame, &mut out)
        .map_err(failed("convert the picture"))?;
    Ok(out)
}

fn set_colours(context: &mut Context, color: Color, rows: u32) -> Result<(), Failure> {
    let matrix = match color.matrix {
        UNKNOWN if rows >= HIGH_DEFINITION => BT709,
        UNKNOWN => BT601,
        // Those of which swscale has coefficients.
        known @ (1 | 4..=7 | 9) => known,
        other => return Err(unknown(format!("matrix coefficients {other} of H.273"))),
    };
    let full = color.range == ColorRange::Full;
    match ffmpeg::set_colours(context, matrix.into(), full, true) {
        true => Ok(()),
        false => Err(unknown("the picture's colours in swscale".to_owned())),
    }
}

fn unknown(what: String) -> Failure {
    Failure::Library(cuframes::Error::Unsupported(format!(
        "{what} in a snapshot; publish the frames with other colours, as in publish --format bgr24"
    )))
}

/// Wraps what FFmpeg said about `what`.
pub fn failed(what: &'static str) -> impl FnOnce(ffmpeg_next::Error) -> Failure {
    move |error| Failure::Encoder {
        what: what.to_owned(),
        reason: error.to_string(),
    }
}
