//! How a driver's pictures lie in its buffers.

use crate::format::Format;
use crate::message::{PlanePlace, Planes};

/// A driver's names of the formats that have one on the wire.
const KNOWN: [([u8; 4], &str); 12] = [
    (*b"NV12", "NV12"),
    (*b"P010", "P010"),
    (*b"YU12", "YUV420P"),
    (*b"YUYV", "YUYV"),
    (*b"UYVY", "UYVY"),
    (*b"BGR3", "BGR24"),
    (*b"RGB3", "RGB24"),
    (*b"AR24", "BGRA"),
    (*b"AB24", "RGBA"),
    (*b"XR24", "BGR0"),
    (*b"XB24", "RGB0"),
    (*b"GREY", "GRAY8"),
];

/// The format that a driver calls `fourcc`.
pub fn format_of(fourcc: u32) -> Option<Format> {
    let letters = fourcc.to_le_bytes();
    let known = KNOWN.iter().find(|(theirs, _)| *theirs == letters);
    known.and_then(|(_, name)| Format::named(name))
}

/// What a driver calls a format.
pub fn fourcc_of(format: Format) -> Option<u32> {
    let known = KNOWN.iter().find(|(_, name)| *name == format.name);
    known.map(|(letters, _)| u32::from_le_bytes(*letters))
}

/// A driver's name of a format, for messages.
pub fn letters(fourcc: u32) -> String {
    let letters = fourcc.to_le_bytes();
    String::from_utf8_lossy(&letters).escape_debug().to_string()
}

/// What the pictures of a stream are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// How their bytes are arranged.
    pub format: Format,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Where the planes are.
    pub planes: Planes,
}

impl Arrangement {
    /// Of pictures with rows of `pitch` bytes, the planes right behind each other: what the driver's
    /// interface has for one piece of memory. `None` if the rows are too short.
    pub fn new(format: Format, width: u32, height: u32, pitch: u32) -> Option<Arrangement> {
        let mut planes = format.tight(width, height)?;
        let first = planes.first()?.stride;
        let mut offset = 0;
        for (plane, rows) in planes.iter_mut().zip(format.rows(height)) {
            let tight = plane.stride;
            // A driver without an opinion has no padding.
            if pitch != 0 {
                // A plane of half as many bytes in a row has half of the padding too.
                plane.stride = if tight * 2 <= first + 1 {
                    pitch / 2
                } else {
                    pitch
                };
            }
            if plane.stride < tight {
                return None;
            }
            plane.offset = offset;
            plane.size = u64::from(plane.stride) * u64::from(rows);
            offset += plane.size;
        }
        Some(Arrangement {
            format,
            width,
            height,
            planes,
        })
    }

    /// Bytes of a picture.
    pub fn bytes(&self) -> u64 {
        let end = |plane: &PlanePlace| plane.offset + plane.size;
        self.planes.iter().map(end).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrangement(name: &str, pitch: u32) -> Option<Vec<(u64, u32, u64)>> {
        let format = Format::named(name).expect("a format");
        let found = Arrangement::new(format, 6, 4, pitch)?;
        let place = |plane: &PlanePlace| (plane.offset, plane.stride, plane.size);
        Some(found.planes.iter().map(place).collect())
    }

    #[test]
    fn every_format_has_a_name_of_the_drivers() {
        for format in crate::format::FORMATS {
            let fourcc = fourcc_of(format).expect("a name");
            assert_eq!(format_of(fourcc), Some(format));
        }
        assert_eq!(format_of(u32::from_le_bytes(*b"MJPG")), None);
        assert_eq!(letters(u32::from_le_bytes(*b"MJPG")), "MJPG");
    }

    #[test]
    fn planes_follow_the_padding_of_those_before() {
        assert_eq!(arrangement("NV12", 0), Some(vec![(0, 6, 24), (24, 6, 12)]));
        assert_eq!(arrangement("NV12", 8), Some(vec![(0, 8, 32), (32, 8, 16)]));
        let planar = vec![(0, 8, 32), (32, 4, 8), (40, 4, 8)];
        assert_eq!(arrangement("YUV420P", 8), Some(planar));
        assert_eq!(arrangement("BGR24", 20), Some(vec![(0, 20, 80)]));
        assert_eq!(arrangement("BGR24", 17), None, "rows overlap");
        assert_eq!(arrangement("YUYV", 12), Some(vec![(0, 12, 48)]));
    }
}
