//! How a picture lies in a driver's memory.

use vizion::VideoFormat;

/// Where the second plane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chroma {
    /// There is none.
    None,
    /// In the same piece of memory, after the last row of the first plane and its padding.
    BehindLuma,
    /// In a piece of its own.
    Apart,
}

/// How the pictures of a stream lie in its buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// What they are.
    pub format: VideoFormat,
    /// Where the second plane is.
    pub chroma: Chroma,
    /// Bytes from one row to the next, of each plane.
    pub pitches: [usize; 2],
    /// Pieces of memory, if the driver tells them apart.
    pub parts: Option<usize>,
}

impl Arrangement {
    /// Whether the driver's rows are long enough for its pictures.
    pub fn is_possible(&self) -> bool {
        let VideoFormat { width, format, .. } = self.format;
        let has_rows = |plane| self.pitches[plane] >= format.row_bytes(plane, width);
        has_rows(0) && has_rows(1)
    }

    /// The planes of a raw picture in the pieces of a buffer; `None` if it is not all there.
    pub fn planes<'a>(&self, first: &'a [u8], second: &'a [u8]) -> Option<[(&'a [u8], usize); 2]> {
        let luma = self.plane(0, first)?;
        let chroma = match self.chroma {
            Chroma::None => return Some([luma, (&[], 0)]),
            Chroma::BehindLuma => {
                let rows = self.format.format.rows(0, self.format.height);
                first.get(self.pitches[0].checked_mul(rows)?..)?
            }
            Chroma::Apart => second,
        };
        Some([luma, self.plane(1, chroma)?])
    }

    fn plane<'a>(&self, plane: usize, bytes: &'a [u8]) -> Option<(&'a [u8], usize)> {
        let VideoFormat {
            width,
            height,
            format,
            ..
        } = self.format;
        let (pitch, rows) = (self.pitches[plane], format.rows(plane, height));
        let length = pitch.checked_mul(rows.checked_sub(1)?)?;
        let length = length.checked_add(format.row_bytes(plane, width))?;
        Some((bytes.get(..length)?, pitch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vizion::PixelFormat;

    fn arrangement(format: PixelFormat, chroma: Chroma, pitches: [usize; 2]) -> Arrangement {
        Arrangement {
            format: VideoFormat {
                width: 6,
                height: 4,
                framerate: 30,
                format,
            },
            chroma,
            pitches,
            parts: None,
        }
    }

    #[test]
    fn a_packed_picture_is_one_plane_without_the_last_padding() {
        let yuy2 = arrangement(PixelFormat::Yuy2, Chroma::None, [16, 0]);
        assert!(yuy2.is_possible());
        let bytes = [7; 64];
        let [luma, chroma] = yuy2.planes(&bytes, &[]).unwrap();
        assert_eq!((luma.0.len(), luma.1), (3 * 16 + 12, 16));
        assert_eq!(chroma, (&[][..], 0));
        assert!(
            yuy2.planes(&bytes[..59], &[]).is_none(),
            "one byte is missing"
        );
    }

    #[test]
    fn chroma_is_behind_the_padding_of_luma_or_apart() {
        let bytes: Vec<u8> = (0..48).collect();
        let behind = arrangement(PixelFormat::Nv12, Chroma::BehindLuma, [8, 8]);
        let [luma, chroma] = behind.planes(&bytes, &[]).unwrap();
        assert_eq!(luma, (&bytes[..30], 8));
        assert_eq!(chroma, (&bytes[32..46], 8));
        assert!(behind.planes(&bytes[..45], &[]).is_none());
        let apart = arrangement(PixelFormat::Nv12, Chroma::Apart, [8, 8]);
        let [_, chroma] = apart.planes(&bytes[..30], &bytes[32..46]).unwrap();
        assert_eq!(chroma, (&bytes[32..46], 8));
        assert!(apart.planes(&bytes, &bytes[..13]).is_none());
    }

    #[test]
    fn rows_that_overlap_are_not_possible() {
        assert!(!arrangement(PixelFormat::Bgr, Chroma::None, [17, 0]).is_possible());
        assert!(!arrangement(PixelFormat::Nv12, Chroma::BehindLuma, [8, 5]).is_possible());
    }
}
