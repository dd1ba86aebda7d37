//! Pixel formats by the names that are on the wire.

use crate::message::{PlanePlace, Planes};

/// A pixel format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its DRM fourcc as a number.
    pub fourcc: u32,
    planes: &'static [Plane],
}

/// A plane: so many bytes for so many columns, and one of its rows for so many of the picture's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Plane {
    bytes: u32,
    columns: u32,
    rows: u32,
}

const fn plane(bytes: u32, columns: u32, rows: u32) -> Plane {
    Plane {
        bytes,
        columns,
        rows,
    }
}

const fn format(name: &'static str, fourcc: [u8; 4], planes: &'static [Plane]) -> Format {
    Format {
        name,
        fourcc: u32::from_le_bytes(fourcc),
        planes,
    }
}

/// Pixels in a row or column of the largest frame.
pub const MAX_DIMENSION: u32 = 1 << 16;

/// Every format. A fourcc of DRM names the bytes of a little-endian word, so RG24 is B, G, R.
pub const FORMATS: [Format; 12] = [
    format("NV12", *b"NV12", &[plane(1, 1, 1), plane(2, 2, 2)]),
    format("P010", *b"P010", &[plane(2, 1, 1), plane(4, 2, 2)]),
    format(
        "YUV420P",
        *b"YU12",
        &[plane(1, 1, 1), plane(1, 2, 2), plane(1, 2, 2)],
    ),
    format("YUYV", *b"YUYV", &[plane(4, 2, 1)]),
    format("UYVY", *b"UYVY", &[plane(4, 2, 1)]),
    format("BGR24", *b"RG24", &[plane(3, 1, 1)]),
    format("RGB24", *b"BG24", &[plane(3, 1, 1)]),
    format("BGRA", *b"AR24", &[plane(4, 1, 1)]),
    format("RGBA", *b"AB24", &[plane(4, 1, 1)]),
    format("BGR0", *b"XR24", &[plane(4, 1, 1)]),
    format("RGB0", *b"XB24", &[plane(4, 1, 1)]),
    format("GRAY8", *b"R8  ", &[plane(1, 1, 1)]),
];

impl Format {
    /// The format of that name, in upper or lower case.
    #[must_use]
    pub fn named(name: &str) -> Option<Format> {
        let mut all = FORMATS.into_iter();
        all.find(|format| format.name.eq_ignore_ascii_case(name))
    }

    /// The format with that DRM fourcc.
    #[must_use]
    pub fn with_fourcc(fourcc: u32) -> Option<Format> {
        FORMATS.into_iter().find(|format| format.fourcc == fourcc)
    }

    /// Bytes of the pixels in each row of the planes; chroma of an odd width is rounded up.
    pub fn row_bytes(&self, width: u32) -> impl Iterator<Item = u32> + use<> {
        let bytes = move |plane: &Plane| width.div_ceil(plane.columns).saturating_mul(plane.bytes);
        self.planes.iter().map(bytes)
    }

    /// Rows of the planes.
    pub fn rows(&self, height: u32) -> impl Iterator<Item = u32> + use<> {
        self.planes
            .iter()
            .map(move |plane| height.div_ceil(plane.rows))
    }

    /// Where the planes of a frame are that has no padding, as a plain consumer gets it; `None` of
    /// one without pixels or with more than [`MAX_DIMENSION`] in a row or column.
    #[must_use]
    pub fn tight(&self, width: u32, height: u32) -> Option<Planes> {
        let possible = 1..=MAX_DIMENSION;
        if !possible.contains(&width) || !possible.contains(&height) {
            return None;
        }
        let mut offset = 0;
        let planes = self.row_bytes(width).zip(self.rows(height));
        let place = planes.map(|(stride, rows)| {
            let size = u64::from(stride) * u64::from(rows);
            let place = PlanePlace {
                offset,
                stride,
                size,
            };
            offset += size;
            place
        });
        Some(place.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_name_and_a_fourcc_of_its_own() {
        for format in FORMATS {
            assert_eq!(Format::named(format.name), Some(format));
            assert_eq!(
                Format::named(&format.name.to_ascii_lowercase()),
                Some(format)
            );
            assert_eq!(Format::with_fourcc(format.fourcc), Some(format));
        }
        assert_eq!(Format::named("NV21"), None);
        assert_eq!(Format::with_fourcc(0), None);
    }

    #[test]
    fn odd_sizes_are_rounded_up() {
        let sizes = |name: &str| {
            let format = Format::named(name).expect("a format");
            let places = format.tight(5, 3).expect("a size");
            let end = places.last().map_or(0, |last| last.offset + last.size);
            let strides: Vec<u32> = places.iter().map(|place| place.stride).collect();
            (strides, end)
        };
        assert_eq!(sizes("NV12"), (vec![5, 6], 15 + 12));
        assert_eq!(sizes("P010"), (vec![10, 12], 30 + 24));
        assert_eq!(sizes("YUV420P"), (vec![5, 3, 3], 15 + 6 + 6));
        assert_eq!(sizes("YUYV"), (vec![12], 36));
        assert_eq!(sizes("BGR24"), (vec![15], 45));
        assert_eq!(sizes("GRAY8"), (vec![5], 15));
    }

    #[test]
    fn sizes_that_no_frame_has_are_none() {
        for (width, height) in [(0, 1), (1, 0), (u32::MAX, 1), (1, MAX_DIMENSION + 1)] {
            for format in FORMATS {
                assert_eq!(format.tight(width, height), None);
            }
        }
        for format in FORMATS {
            assert!(format.tight(MAX_DIMENSION, MAX_DIMENSION).is_some());
        }
    }
}
