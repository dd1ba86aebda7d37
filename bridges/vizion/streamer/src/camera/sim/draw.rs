//! The picture in the bytes of each format.

use vizion::{PixelFormat, VideoFormat};

use crate::camera::Canvas;

use super::picture::{Colour, ROWS, Values, pixels};

/// How far the bar moves from one frame to the next, and how wide it is: pixels. Both are even, as
/// two pixels share their colour in most formats.
const BAR_STEP: u64 = 8;
const BAR_WIDTH: usize = 16;

/// The rows of which a picture consists, ready to be copied.
#[derive(Debug)]
pub struct Template {
    format: VideoFormat,
    /// For each row of patches: a row of each plane.
    rows: Vec<[Vec<u8>; 2]>,
    /// The bytes of a white bar, in each plane.
    bar: [Vec<u8>; 2],
}

impl Template {
    /// The picture that these values make.
    pub fn new(format: VideoFormat, values: &Values) -> Template {
        let width = format.width as usize;
        let convert = |colours: &[Colour]| [0, 1].map(|plane| bytes(format.format, plane, colours));
        let row = |row| convert(&pixels(values, row, width));
        Template {
            format,
            rows: (0..ROWS).map(row).collect(),
            bar: convert(&[[1.0; 3]; BAR_WIDTH]),
        }
    }

    /// Draws frame `number`: the picture, and a white bar that moves to the right.
    pub fn draw(&self, canvas: &mut dyn Canvas, number: u64) {
        let places = u64::from(self.format.width).saturating_sub(BAR_WIDTH as u64) + 1;
        let bar_at = (number * BAR_STEP % places) as usize & !1;
        for plane in 0..self.format.format.plane_count() {
            self.draw_plane(canvas, plane, bar_at);
        }
    }

    fn draw_plane(&self, canvas: &mut dyn Canvas, plane: usize, bar_at: usize) {
        let height = self.format.format.rows(plane, self.format.height);
        let bar = &self.bar[plane];
        // Bytes to the left of the bar: of as many pixels as there are.
        let left = self.format.format.row_bytes(plane, bar_at as u32);
        let (bytes, pitch) = canvas.plane_mut(plane);
        for (y, to) in bytes.chunks_mut(pitch.max(1)).take(height).enumerate() {
            let from = &self.rows[y * ROWS / height][plane];
            if let Some(to) = to.get_mut(..from.len()) {
                to.copy_from_slice(from);
                if let Some(to) = to.get_mut(left..left + bar.len()) {
                    to.copy_from_slice(bar);
                }
            }
        }
    }
}

/// A row of `plane`, of these colours.
fn bytes(format: PixelFormat, plane: usize, colours: &[Colour]) -> Vec<u8> {
    let whole = |channel: f32| (channel * 255.0).round() as u8;
    let pairs = colours.chunks(2).map(|pair| {
        let [first, second] = [pair[0], pair[pair.len() - 1]];
        let (luma, chroma) = (luma(first), chroma([first, second]));
        (luma, self::luma(second), chroma)
    });
    match (format, plane) {
        (PixelFormat::Rgb, 0) => colours.iter().flat_map(|pixel| pixel.map(whole)).collect(),
        (PixelFormat::Bgr, 0) => {
            let bgr = |&[red, green, blue]: &Colour| [blue, green, red].map(whole);
            colours.iter().flat_map(bgr).collect()
        }
        (PixelFormat::Yuy2, 0) => pairs.flat_map(|(a, b, [u, v])| [a, u, b, v]).collect(),
        (PixelFormat::Uyvy, 0) => pairs.flat_map(|(a, b, [u, v])| [u, a, v, b]).collect(),
        (PixelFormat::Nv12, 0) => colours.iter().map(|&pixel| luma(pixel)).collect(),
        (PixelFormat::Nv12, 1) => pairs.flat_map(|(_, _, chroma)| chroma).collect(),
        _ => Vec::new(),
    }
}

/// BT.709, 16 to 235.
fn luma([red, green, blue]: Colour) -> u8 {
    (16.0 + 219.0 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)).round() as u8
}

/// BT.709, 16 to 240: of two pixels, or one twice.
fn chroma(pair: [Colour; 2]) -> [u8; 2] {
    let [red, green, blue] = [0, 1, 2].map(|channel| (pair[0][channel] + pair[1][channel]) / 2.0);
    let luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    let scaled = |difference: f32| (128.0 + 224.0 * difference).round().clamp(16.0, 240.0) as u8;
    [
        scaled((blue - luma) / 1.8556),
        scaled((red - luma) / 1.5748),
    ]
}
