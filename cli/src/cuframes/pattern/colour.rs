//! Colours, and what they are as samples.

use cuframes::{Color, ColorRange, Format, FrameLayout};

use super::components::{Channel, Component};

/// A colour: red, green and blue from 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

pub const BLACK: Rgb = Rgb(0, 0, 0);
pub const WHITE: Rgb = Rgb(255, 255, 255);
pub const RED: Rgb = Rgb(255, 0, 0);

/// From this height on pictures are high definition, and have the colours of BT.709.
const HIGH_DEFINITION: u32 = 720;
/// H.273's numbers.
const BT709: u8 = 1;
const BT601_525: u8 = 6;
const UNSPECIFIED: u8 = 2;

/// How colours become samples.
#[derive(Clone, Copy, Debug)]
pub struct Matrix {
    /// What red and blue contribute to luma.
    red: f64,
    blue: f64,
    /// H.273's number of it.
    number: u8,
    /// Luma from 0 to the largest sample, instead of 16 to 235 of 255.
    full_range: bool,
}

impl Matrix {
    /// BT.709 for high definition, BT.601 for less. Grey uses the full range, which is how
    /// FFmpeg reads `gray`.
    pub fn of(layout: &FrameLayout) -> Matrix {
        let (red, blue, number) = match layout.height >= HIGH_DEFINITION {
            true => (0.2126, 0.0722, BT709),
            false => (0.299, 0.114, BT601_525),
        };
        Matrix {
            red,
            blue,
            number,
            full_range: layout.format == Format::R8,
        }
    }

    /// What the publisher says about it.
    pub fn color(&self, format: Format) -> Color {
        let is_yuv = matches!(
            format,
            Format::Nv12 | Format::P010 | Format::Yu12 | Format::Yuyv | Format::Uyvy
        );
        Color {
            primaries: self.number,
            transfer: self.number,
            matrix: if is_yuv { self.number } else { UNSPECIFIED },
            range: match is_yuv {
                true => ColorRange::Limited,
                false => ColorRange::Full,
            },
        }
    }

    /// The sample of `rgb` that belongs to `component`.
    pub fn sample(&self, component: &Component, rgb: Rgb) -> u16 {
        let [r, g, b] = [rgb.0, rgb.1, rgb.2].map(|value| f64::from(value) / 255.0);
        let luma = self.red * r + (1.0 - self.red - self.blue) * g + self.blue * b;
        let chroma = |difference: f64, weight: f64| 128.0 + 112.0 * difference / (1.0 - weight);
        let of_eight_bits = match component.channel {
            Channel::Luma if self.full_range => 255.0 * luma,
            Channel::Luma => 16.0 + 219.0 * luma,
            Channel::Cb => chroma(b - luma, self.blue),
            Channel::Cr => chroma(r - luma, self.red),
            Channel::Red => 255.0 * r,
            Channel::Green => 255.0 * g,
            Channel::Blue => 255.0 * b,
            Channel::Opaque => 255.0,
        };
        // Samples of the limited range have four times the value in two bits more.
        let scale = if component.ten_bits { 4.0 } else { 1.0 };
        (of_eight_bits * scale).round() as u16
    }
}
