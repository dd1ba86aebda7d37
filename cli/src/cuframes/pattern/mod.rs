//! A moving picture that shows the number of each frame, to people and to tests.

mod canvas;
mod colour;
mod components;
mod digits;
mod number;
#[cfg(test)]
mod tests;

use cuframes::{Color, FrameLayout};

use cuframes_cli::planes::Planes;

use canvas::Canvas;
use colour::{BLACK, Matrix, RED, Rgb, WHITE};
use components::Component;

/// 75 % colour bars, in the order of their brightness.
const BARS: [Rgb; 8] = [
    Rgb(191, 191, 191),
    Rgb(191, 191, 0),
    Rgb(0, 191, 191),
    Rgb(0, 191, 0),
    Rgb(191, 0, 191),
    Rgb(191, 0, 0),
    Rgb(0, 0, 191),
    BLACK,
];

/// A rectangle of pixels: `left` and `top` are inside of it, `right` and `bottom` are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rect {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Rect {
    fn new(left: u32, top: u32, width: u32, height: u32) -> Rect {
        Rect {
            left,
            top,
            right: left.saturating_add(width),
            bottom: top.saturating_add(height),
        }
    }
}

/// Draws the frames of one layout.
#[derive(Debug)]
pub struct Pattern {
    layout: FrameLayout,
    matrix: Matrix,
    components: &'static [Component],
}

impl Pattern {
    /// The pattern of frames with this layout; `None` if it cannot draw in their format.
    pub fn new(layout: &FrameLayout) -> Option<Pattern> {
        Some(Pattern {
            layout: *layout,
            matrix: Matrix::of(layout),
            components: components::of(layout.format)?,
        })
    }

    /// How the samples are to be read as colours.
    pub fn color(&self) -> Color {
        self.matrix.color(self.layout.format)
    }

    /// Draws frame `number` straight into its place.
    pub fn draw(&self, place: &mut dyn Planes, number: u64) {
        let scene = self.scene(number);
        for plane in 0..self.layout.plane_count {
            self.draw_plane(place.plane_mut(plane), plane, &scene);
        }
    }

    fn draw_plane(&self, bytes: &mut [u8], plane: usize, scene: &[(Rect, Rgb)]) {
        let mut canvas = Canvas::new(bytes, &self.layout, plane, self.components);
        for &(rect, rgb) in scene {
            canvas.fill(rect, |component| self.matrix.sample(component, rgb));
        }
    }

    /// Everything that frame `number` shows; what comes later covers what was there.
    fn scene(&self, number: u64) -> Vec<(Rect, Rgb)> {
        let (width, height) = (self.layout.width, self.layout.height);
        let mut scene = bars(width, height).to_vec();
        scene.extend(moving_box(width, height, number));
        scene.extend(digits::draw(width, height, number));
        scene.extend(number::draw(width, height, number));
        scene
    }
}

fn bars(width: u32, height: u32) -> [(Rect, Rgb); 8] {
    let edge = |bar: usize| width * bar as u32 / BARS.len() as u32;
    std::array::from_fn(|bar| {
        let rect = Rect::new(edge(bar), 0, edge(bar + 1) - edge(bar), height);
        (rect, BARS[bar])
    })
}

/// A red box with a white frame; it takes a hundred frames for its way through the picture.
fn moving_box(width: u32, height: u32, number: u64) -> [(Rect, Rgb); 2] {
    let side = (width.min(height) / 8).max(1);
    let left = (u64::from(width) * (number % 100) / 100) as u32;
    let top = height / 16 * 11;
    let border = side / 6;
    let inner = side - 2 * border;
    [
        (Rect::new(left, top, side, side), WHITE),
        (Rect::new(left + border, top + border, inner, inner), RED),
    ]
}
