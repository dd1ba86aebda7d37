//! Filling rectangles of a plane.

use std::ops::Range;

use cuframes::FrameLayout;

use super::Rect;
use super::components::Component;

/// One plane of a picture.
#[derive(Debug)]
pub struct Canvas<'a> {
    bytes: &'a mut [u8],
    pitch: usize,
    row_bytes: usize,
    rows: usize,
    width: u32,
    height: u32,
    components: Vec<Component>,
}

impl<'a> Canvas<'a> {
    /// Plane `plane` of a picture, which lies in `bytes`.
    pub fn new(
        bytes: &'a mut [u8],
        layout: &FrameLayout,
        plane: usize,
        components: &[Component],
    ) -> Canvas<'a> {
        let inside = components.iter().filter(|c| c.plane == plane);
        Canvas {
            bytes,
            pitch: layout.pitch(plane),
            row_bytes: layout.plane_row_bytes(plane) as usize,
            rows: layout.plane_rows(plane) as usize,
            width: layout.width,
            height: layout.height,
            components: inside.copied().collect(),
        }
    }

    /// Fills `rect`, as far as it is inside of the picture, with what `sample` gives. Samples
    /// shared with pixels beside it are filled too.
    pub fn fill(&mut self, rect: Rect, sample: impl Fn(&Component) -> u16) {
        let columns = self.columns(rect);
        let rows = self.rows(rect);
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let is_mixed = |pair: &[Component]| pair[0].shift_x != pair[1].shift_x;
        let mixed = self.components.windows(2).any(is_mixed);
        // Where luma and chroma alternate, a row can only be copied in whole groups of them.
        let copy = !mixed || columns.start.is_multiple_of(2) && columns.end.is_multiple_of(2);
        let first = rows.start;
        let painted = if copy { first..first + 1 } else { rows.clone() };
        for row in painted {
            for index in 0..self.components.len() {
                let component = self.components[index];
                self.fill_row(row, &columns, &component, sample(&component));
            }
        }
        if copy {
            self.repeat_row(first, rows.end, &columns);
        }
    }

    /// The columns of `rect` inside of the picture. At its right edge that is one more if the
    /// width is odd: where two columns share chroma, there is luma for both.
    fn columns(&self, rect: Rect) -> Range<u32> {
        match rect.right >= self.width {
            true => rect.left..self.width.next_multiple_of(2),
            false => rect.left..rect.right,
        }
    }

    /// The rows of this plane that `rect` touches.
    fn rows(&self, rect: Rect) -> Range<usize> {
        let shift = self.components.first().map_or(0, |c| c.shift_y);
        let first = (rect.top >> shift) as usize;
        let end = rect.bottom.min(self.height).div_ceil(1 << shift) as usize;
        first..end.min(self.rows)
    }

    /// The bytes of a row in which a component has samples of `columns`.
    fn span(&self, component: &Component, columns: &Range<u32>) -> Range<usize> {
        let first = (columns.start >> component.shift_x) as usize;
        let end = columns.end.div_ceil(1 << component.shift_x) as usize;
        first * component.step..(end * component.step).min(self.row_bytes)
    }

    fn fill_row(&mut self, row: usize, columns: &Range<u32>, component: &Component, value: u16) {
        let Component {
            offset, ten_bits, ..
        } = *component;
        let bytes = match ten_bits {
            true => (value << 6).to_le_bytes(),
            false => value.to_le_bytes(),
        };
        let written = if ten_bits { 2 } else { 1 };
        let Range { start, end } = self.span(component, columns);
        let at = self.pitch * row;
        let Some(samples) = self.bytes.get_mut(at + start..at + end) else {
            return;
        };
        for sample in samples.chunks_exact_mut(component.step) {
            sample[offset..offset + written].copy_from_slice(&bytes[..written]);
        }
    }

    /// Copies what row `first` has in `columns` to the rows behind it, up to `end`.
    fn repeat_row(&mut self, first: usize, end: usize, columns: &Range<u32>) {
        let spans = self.components.iter().map(|c| self.span(c, columns));
        let Some(span) = spans.reduce(|a, b| a.start.min(b.start)..a.end.max(b.end)) else {
            return;
        };
        let source = self.pitch * first;
        for row in first + 1..end {
            let target = self.pitch * row;
            if self.bytes.len() >= target + span.end {
                let from = source + span.start..source + span.end;
                self.bytes.copy_within(from, target + span.start);
            }
        }
    }
}
