//! Which of a driver's formats are ours.

use vizion::PixelFormat;

use super::arrangement::Chroma;

/// A driver's name of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// `V4L2_PIX_FMT_*`.
    pub fourcc: u32,
    /// Ours.
    pub format: PixelFormat,
    /// Where the chroma of a format with two planes is.
    pub chroma: Chroma,
}

const fn known(letters: [u8; 4], format: PixelFormat, chroma: Chroma) -> Known {
    Known {
        fourcc: u32::from_le_bytes(letters),
        format,
        chroma,
    }
}

/// All that are ours.
const ALL: [Known; 8] = [
    known(*b"YUYV", PixelFormat::Yuy2, Chroma::None),
    known(*b"UYVY", PixelFormat::Uyvy, Chroma::None),
    known(*b"NV12", PixelFormat::Nv12, Chroma::BehindLuma),
    known(*b"NM12", PixelFormat::Nv12, Chroma::Apart),
    known(*b"MJPG", PixelFormat::Mjpg, Chroma::None),
    known(*b"JPEG", PixelFormat::Mjpg, Chroma::None),
    known(*b"BGR3", PixelFormat::Bgr, Chroma::None),
    known(*b"RGB3", PixelFormat::Rgb, Chroma::None),
];

/// The one that a driver calls `fourcc`.
pub fn of(fourcc: u32) -> Option<Known> {
    ALL.into_iter().find(|one| one.fourcc == fourcc)
}

/// Its letters, for messages.
pub fn letters(fourcc: u32) -> String {
    let letters = fourcc.to_le_bytes();
    String::from_utf8_lossy(&letters).escape_debug().to_string()
}
