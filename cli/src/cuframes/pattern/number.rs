//! The number of the frame for machines: a line of black and white cells at the top, and the
//! same at the bottom.

use super::Rect;
use super::colour::{BLACK, Rgb, WHITE};

/// Most bits that are shown.
const MAX_BITS: u32 = 32;
/// Largest side of a cell.
const MAX_SIDE: u32 = 64;

/// How the cells lie in a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Side of a cell in pixels: a power of two.
    pub side: u32,
    /// Bits that fit into a line.
    pub bits: u32,
}

impl Cells {
    /// The largest cells of which a line of 32 fits into the width, and four lines into the
    /// height; in very small pictures fewer cells of one pixel.
    pub fn of(width: u32, height: u32) -> Cells {
        let mut side = MAX_SIDE;
        while side > 1 && (side * MAX_BITS > width || side * 4 > height) {
            side /= 2;
        }
        Cells {
            side,
            bits: MAX_BITS.min(width / side),
        }
    }
}

/// The cells of `number`, the highest bit on the left.
pub fn draw(width: u32, height: u32, number: u64) -> impl Iterator<Item = (Rect, Rgb)> {
    let Cells { side, bits } = Cells::of(width, height);
    let cell = move |place: u32, top: u32| {
        let bit = number >> (bits - 1 - place) & 1;
        let colour = if bit == 1 { WHITE } else { BLACK };
        (Rect::new(place * side, top, side, side), colour)
    };
    let tops = [0, height - side];
    tops.into_iter()
        .flat_map(move |top| (0..bits).map(move |place| cell(place, top)))
}
