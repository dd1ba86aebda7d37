//! Where the samples of each format lie in its planes.

use cuframes::Format;

/// What a sample says about a pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Brightness.
    Luma,
    /// Difference to blue.
    Cb,
    /// Difference to red.
    Cr,
    /// Red.
    Red,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// Alpha, or the byte that nobody uses.
    Opaque,
}

/// The samples of one channel.
#[derive(Clone, Copy, Debug)]
pub struct Component {
    /// What they say.
    pub channel: Channel,
    /// Their plane.
    pub plane: usize,
    /// The byte of the first one in its row.
    pub offset: usize,
    /// Bytes from one to the next.
    pub step: usize,
    /// 1 if two columns share one.
    pub shift_x: u32,
    /// 1 if two rows share one.
    pub shift_y: u32,
    /// 10 bits in the upper bits of two bytes, instead of 8 bits in one.
    pub ten_bits: bool,
}

impl Component {
    const fn new(channel: Channel, plane: usize, offset: usize, step: usize) -> Component {
        Component {
            channel,
            plane,
            offset,
            step,
            shift_x: 0,
            shift_y: 0,
            ten_bits: false,
        }
    }

    const fn halved(self, shift_x: u32, shift_y: u32) -> Component {
        Component {
            shift_x,
            shift_y,
            ..self
        }
    }

    const fn ten(self) -> Component {
        Component {
            ten_bits: true,
            ..self
        }
    }
}

use Channel::{Blue, Cb, Cr, Green, Luma, Opaque, Red};

const NV12: [Component; 3] = [
    Component::new(Luma, 0, 0, 1),
    Component::new(Cb, 1, 0, 2).halved(1, 1),
    Component::new(Cr, 1, 1, 2).halved(1, 1),
];
const P010: [Component; 3] = [
    Component::new(Luma, 0, 0, 2).ten(),
    Component::new(Cb, 1, 0, 4).halved(1, 1).ten(),
    Component::new(Cr, 1, 2, 4).halved(1, 1).ten(),
];
const YU12: [Component; 3] = [
    Component::new(Luma, 0, 0, 1),
    Component::new(Cb, 1, 0, 1).halved(1, 1),
    Component::new(Cr, 2, 0, 1).halved(1, 1),
];
const YUYV: [Component; 3] = [
    Component::new(Luma, 0, 0, 2),
    Component::new(Cb, 0, 1, 4).halved(1, 0),
    Component::new(Cr, 0, 3, 4).halved(1, 0),
];
const UYVY: [Component; 3] = [
    Component::new(Luma, 0, 1, 2),
    Component::new(Cb, 0, 0, 4).halved(1, 0),
    Component::new(Cr, 0, 2, 4).halved(1, 0),
];
const BGR: [Component; 3] = rgb(Blue, Red);
const RGB: [Component; 3] = rgb(Red, Blue);
const BGRA: [Component; 4] = rgba(Blue, Red);
const RGBA: [Component; 4] = rgba(Red, Blue);
const GREY: [Component; 1] = [Component::new(Luma, 0, 0, 1)];

const fn rgb(first: Channel, third: Channel) -> [Component; 3] {
    [
        Component::new(first, 0, 0, 3),
        Component::new(Green, 0, 1, 3),
        Component::new(third, 0, 2, 3),
    ]
}

const fn rgba(first: Channel, third: Channel) -> [Component; 4] {
    [
        Component::new(first, 0, 0, 4),
        Component::new(Green, 0, 1, 4),
        Component::new(third, 0, 2, 4),
        Component::new(Opaque, 0, 3, 4),
    ]
}

/// The components of `format`; `None` for one that this program does not know.
pub fn of(format: Format) -> Option<&'static [Component]> {
    Some(match format {
        Format::Nv12 => &NV12,
        Format::P010 => &P010,
        Format::Yu12 => &YU12,
        Format::Yuyv => &YUYV,
        Format::Uyvy => &UYVY,
        Format::Rg24 => &BGR,
        Format::Bg24 => &RGB,
        Format::Ar24 | Format::Xr24 => &BGRA,
        Format::Ab24 | Format::Xb24 => &RGBA,
        Format::R8 => &GREY,
        _ => return None,
    })
}
