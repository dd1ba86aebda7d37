//! The number of the frame for people: digits of seven segments in the middle.

use super::Rect;
use super::colour::{BLACK, Rgb, WHITE};

/// The segments of each digit: top, upper right, lower right, bottom, lower left, upper left
/// and middle, from the lowest bit on.
const SEGMENTS: [u8; 10] = [0x3F, 0x06, 0x5B, 0x4F, 0x66, 0x6D, 0x7D, 0x07, 0x7F, 0x6F];
/// Strokes to a digit's height, width and distance to the next.
const HEIGHT: u32 = 9;
const WIDTH: u32 = 5;
const ADVANCE: u32 = 7;

/// White digits on black, a quarter of the picture high if there is room for so much. Nothing
/// if they could not be read.
pub fn draw(width: u32, height: u32, number: u64) -> Vec<(Rect, Rgb)> {
    let digits = number.to_string();
    let count = digits.len() as u32;
    // One more stroke than needed on each side.
    let across = count * ADVANCE;
    let stroke = (height / 4 / HEIGHT).min(width / across).max(1);
    if height < 2 * (HEIGHT + 2) * stroke || width < across * stroke {
        return Vec::new();
    }
    let left = (width - across * stroke) / 2;
    let top = (height - HEIGHT * stroke) / 2;
    let back = Rect::new(left, top - stroke, across * stroke, (HEIGHT + 2) * stroke);
    let mut scene = vec![(back, BLACK)];
    for (place, digit) in digits.bytes().enumerate() {
        let left = left + stroke + place as u32 * ADVANCE * stroke;
        let lit = SEGMENTS[usize::from(digit - b'0')];
        let on = move |segment: &usize| lit >> segment & 1 == 1;
        let segments = (0..7).filter(on).map(|s| segment(s, left, top, stroke));
        scene.extend(segments.map(|rect| (rect, WHITE)));
    }
    scene
}

fn segment(segment: usize, left: u32, top: u32, stroke: u32) -> Rect {
    // In strokes: left, top, width, height.
    let (x, y, w, h) = match segment {
        0 => (0, 0, WIDTH, 1),
        1 => (WIDTH - 1, 0, 1, 5),
        2 => (WIDTH - 1, 4, 1, 5),
        3 => (0, HEIGHT - 1, WIDTH, 1),
        4 => (0, 4, 1, 5),
        5 => (0, 0, 1, 5),
        _ => (0, 4, WIDTH, 1),
    };
    Rect::new(left + x * stroke, top + y * stroke, w * stroke, h * stroke)
}
