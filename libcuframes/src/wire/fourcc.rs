//! How the pixels of each format lie in memory: planes, bytes per row, rows.
//!
//! The numbers are DRM fourccs (`drm_fourcc.h`); the letters of the RGB ones name a
//! little-endian word, so that the bytes in memory read backwards.

use super::WireError;

/// 4:2:0, 8 bit: Y, then interleaved U and V.
pub const NV12: u32 = 0x3231_564E;
/// 4:2:0, 10 bit in the high bits of a u16: Y, then interleaved U and V.
pub const P010: u32 = 0x3031_3050;
/// 4:2:0, 8 bit: Y, U, V.
pub const YU12: u32 = 0x3231_5559;
/// 4:2:2, 8 bit: bytes Y U Y V.
pub const YUYV: u32 = 0x5659_5559;
/// 4:2:2, 8 bit: bytes U Y V Y.
pub const UYVY: u32 = 0x5956_5955;
/// Bytes B, G, R.
pub const RG24: u32 = 0x3432_4752;
/// Bytes R, G, B.
pub const BG24: u32 = 0x3432_4742;
/// Bytes B, G, R, A.
pub const AR24: u32 = 0x3432_5241;
/// Bytes R, G, B, A.
pub const AB24: u32 = 0x3432_4241;
/// Bytes B, G, R, unused.
pub const XR24: u32 = 0x3432_5258;
/// Bytes R, G, B, unused.
pub const XB24: u32 = 0x3432_4258;
/// One byte of grey; the letters are `R8` and two spaces.
pub const R8: u32 = 0x2020_3852;

/// Every format of this version.
pub const ALL: [u32; 12] = [
    NV12, P010, YU12, YUYV, UYVY, RG24, BG24, AR24, AB24, XR24, XB24, R8,
];

/// One plane: `bytes` for each group of `1 << h_shift` pixels, one row for each
/// group of `1 << v_shift` rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plane {
    bytes: u32,
    h_shift: u32,
    v_shift: u32,
}

const fn plane(bytes: u32, h_shift: u32, v_shift: u32) -> Plane {
    Plane {
        bytes,
        h_shift,
        v_shift,
    }
}

/// The planes of one format; the default has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PixelLayout {
    planes: &'static [Plane],
}

impl PixelLayout {
    /// The layout of a fourcc. 0 is none; one that is not in the table is UNSUPPORTED.
    ///
    /// ```
    /// use cuframes::wire::{PixelLayout, fourcc};
    /// let nv12 = PixelLayout::of(fourcc::NV12)?;
    /// assert_eq!((nv12.plane_count(), nv12.row_bytes(1, 5), nv12.rows(1, 5)), (2, 6, 3));
    /// # Ok::<(), cuframes::wire::WireError>(())
    /// ```
    pub fn of(fourcc: u32) -> Result<PixelLayout, WireError> {
        const NV12_PLANES: [Plane; 2] = [plane(1, 0, 0), plane(2, 1, 1)];
        const P010_PLANES: [Plane; 2] = [plane(2, 0, 0), plane(4, 1, 1)];
        const YU12_PLANES: [Plane; 3] = [plane(1, 0, 0), plane(1, 1, 1), plane(1, 1, 1)];
        const YUYV_PLANES: [Plane; 1] = [plane(4, 1, 0)];
        const RGB_PLANES: [Plane; 1] = [plane(3, 0, 0)];
        const RGBA_PLANES: [Plane; 1] = [plane(4, 0, 0)];
        const GREY_PLANES: [Plane; 1] = [plane(1, 0, 0)];
        let planes: &'static [Plane] = match fourcc {
            NV12 => &NV12_PLANES,
            P010 => &P010_PLANES,
            YU12 => &YU12_PLANES,
            YUYV | UYVY => &YUYV_PLANES,
            RG24 | BG24 => &RGB_PLANES,
            AR24 | AB24 | XR24 | XB24 => &RGBA_PLANES,
            R8 => &GREY_PLANES,
            0 => {
                return Err(WireError::Field {
                    field: "format",
                    value: 0,
                    allowed: "a DRM fourcc",
                });
            }
            _ => {
                return Err(WireError::Unsupported {
                    what: "pixel format (fourcc)",
                    value: fourcc.into(),
                });
            }
        };
        Ok(PixelLayout { planes })
    }

    /// Number of planes, 1 to 3.
    #[must_use]
    pub const fn plane_count(&self) -> usize {
        self.planes.len()
    }

    /// Bytes of one row of a plane that are picture, without padding; chroma is
    /// rounded up. 0 for a plane that the format does not have.
    #[must_use]
    pub fn row_bytes(&self, plane: usize, width: u32) -> u32 {
        self.planes.get(plane).map_or(0, |p| {
            width.div_ceil(1 << p.h_shift).saturating_mul(p.bytes)
        })
    }

    /// Rows of a plane; chroma is rounded up. 0 for a plane that the format does not have.
    #[must_use]
    pub fn rows(&self, plane: usize, height: u32) -> u32 {
        self.planes
            .get(plane)
            .map_or(0, |p| height.div_ceil(1 << p.v_shift))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ErrorCode;

    #[test]
    fn the_numbers_are_the_letters() {
        let letters: [&[u8; 4]; 12] = [
            b"NV12", b"P010", b"YU12", b"YUYV", b"UYVY", b"RG24", b"BG24", b"AR24", b"AB24",
            b"XR24", b"XB24", b"R8  ",
        ];
        assert_eq!(ALL, letters.map(|four| u32::from_le_bytes(*four)));
    }

    #[test]
    fn odd_sizes_round_chroma_up() {
        let shape = |fourcc| {
            let layout = PixelLayout::of(fourcc).expect("known");
            (0..layout.plane_count())
                .map(|i| (layout.row_bytes(i, 3), layout.rows(i, 5)))
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(NV12), [(3, 5), (4, 3)]);
        assert_eq!(shape(P010), [(6, 5), (8, 3)]);
        assert_eq!(shape(YU12), [(3, 5), (2, 3), (2, 3)]);
        assert_eq!(shape(YUYV), [(8, 5)]);
        assert_eq!(shape(UYVY), [(8, 5)]);
        assert_eq!(shape(RG24), [(9, 5)]);
        assert_eq!(shape(BG24), [(9, 5)]);
        assert_eq!(shape(AR24), [(12, 5)]);
        assert_eq!(shape(R8), [(3, 5)]);
    }

    #[test]
    fn planes_and_formats_that_do_not_exist() {
        let grey = PixelLayout::of(R8).expect("known");
        assert_eq!((grey.row_bytes(1, 64), grey.rows(1, 64)), (0, 0));
        assert_eq!(
            PixelLayout::of(0).map_err(|e| e.code()),
            Err(ErrorCode::Protocol)
        );
        assert_eq!(
            PixelLayout::of(0x3231_5659).map_err(|e| e.code()),
            Err(ErrorCode::Unsupported),
            "YV12 is a fourcc, but not one of ours"
        );
        let wide = PixelLayout::of(AR24).expect("known");
        assert_eq!(wide.row_bytes(0, u32::MAX), u32::MAX);
    }
}
