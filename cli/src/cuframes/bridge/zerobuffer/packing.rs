//! How a picture lies in a frame of a buffer.

use cuframes::Format;
use cuframes_cli::args::Rows;

/// Planes that a format can have.
const PLANES: usize = 3;

/// One plane of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Plane {
    /// First byte, from the frame's first byte.
    pub offset: usize,
    /// Bytes from one row to the next.
    pub pitch: usize,
    /// Rows of picture.
    pub rows: usize,
    /// Bytes of picture in a row.
    pub row_bytes: usize,
}

/// Where the planes of a picture lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packing {
    planes: [Plane; PLANES],
    count: usize,
    /// Bytes of the frame.
    pub size: usize,
}

impl Packing {
    /// As `rows` says.
    pub fn new(rows: Rows, format: Format, width: u32, height: u32) -> Packing {
        // GstVideoInfo's defaults: strides are rounded up to 4, and the first plane has room for
        // an even number of rows where another one has half of them.
        let (pitch_of, rows_of): (usize, usize) = match rows {
            Rows::Packed => (1, 1),
            Rows::Gstreamer if format.plane_count() == 1 => (4, 1),
            Rows::Gstreamer => (4, 2),
        };
        let (mut planes, mut size) = ([Plane::default(); PLANES], 0);
        for (number, plane) in planes.iter_mut().take(format.plane_count()).enumerate() {
            let row_bytes = format.plane_row_bytes(number, width) as usize;
            let rows = format.plane_rows(number, height) as usize;
            let pitch = row_bytes.next_multiple_of(pitch_of);
            let room = rows.next_multiple_of(if number == 0 { rows_of } else { 1 });
            *plane = Plane {
                offset: size,
                pitch,
                rows,
                row_bytes,
            };
            size += pitch * room;
        }
        Packing {
            planes,
            count: format.plane_count(),
            size,
        }
    }

    /// Planes as somebody else describes them; `None` if they are not those of the picture, or
    /// do not fit.
    pub fn told(
        format: Format,
        (width, height): (u32, u32),
        places: &[(u64, u64)],
        size: u64,
    ) -> Option<Packing> {
        let mut packing = Packing::new(Rows::Packed, format, width, height);
        if places.len() != packing.count {
            return None;
        }
        packing.size = usize::try_from(size).ok()?;
        for (plane, &(offset, pitch)) in packing.planes.iter_mut().zip(places) {
            plane.offset = usize::try_from(offset).ok()?;
            plane.pitch = usize::try_from(pitch).ok()?;
            let before_last = plane.pitch.checked_mul(plane.rows.saturating_sub(1))?;
            let end = plane
                .offset
                .checked_add(before_last)?
                .checked_add(plane.row_bytes)?;
            if plane.pitch < plane.row_bytes || end > packing.size {
                return None;
            }
        }
        Some(packing)
    }

    /// The planes, in their order.
    pub fn planes(&self) -> &[Plane] {
        &self.planes[..self.count]
    }

    /// Whether there is nothing but picture.
    pub fn is_packed(&self) -> bool {
        let picture = self.planes().iter();
        self.size
            == picture
                .map(|plane| plane.rows * plane.row_bytes)
                .sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(packing: &Packing) -> Vec<(usize, usize)> {
        let planes = packing.planes().iter();
        planes.map(|plane| (plane.offset, plane.pitch)).collect()
    }

    #[test]
    fn packed_pictures_have_no_gaps() {
        for format in Format::ALL {
            let packing = Packing::new(Rows::Packed, format, 33, 17);
            assert_eq!(packing.size as u64, format.packed_size(33, 17), "{format}");
            assert!(packing.is_packed());
        }
        let odd = Packing::new(Rows::Packed, Format::Yu12, 33, 17);
        assert_eq!(offsets(&odd), [(0, 33), (561, 17), (714, 17)]);
    }

    /// By video-info.c of GStreamer 1.22.
    #[test]
    fn gstreamer_rounds_strides_and_rows_up() {
        let of = |format, width, height| Packing::new(Rows::Gstreamer, format, width, height);
        let odd = of(Format::Yu12, 33, 17);
        assert_eq!(offsets(&odd), [(0, 36), (648, 20), (828, 20)]);
        assert_eq!(odd.size, 1008);
        assert!(!odd.is_packed());
        let odd = of(Format::Nv12, 33, 17);
        assert_eq!((offsets(&odd), odd.size), (vec![(0, 36), (648, 36)], 972));
        assert_eq!(of(Format::Rg24, 33, 17).size, 100 * 17);
        assert_eq!(of(Format::R8, 33, 17).size, 36 * 17);
        for format in Format::ALL {
            let even = of(format, 64, 48);
            assert_eq!(even, Packing::new(Rows::Packed, format, 64, 48), "{format}");
        }
    }

    #[test]
    fn planes_of_others_lie_inside_of_the_frame() {
        let told = |places: &[(u64, u64)], size| {
            Packing::told(Format::Nv12, (4, 4), places, size).map(|packing| packing.size)
        };
        assert_eq!(told(&[(0, 4), (16, 4)], 24), Some(24));
        assert_eq!(told(&[(0, 256), (1024, 256)], 1284), Some(1284));
        // The padding behind the last row may be missing, and nothing else.
        assert_eq!(told(&[(0, 256), (1024, 256)], 1283), None);
        assert_eq!(told(&[(0, 4)], 24), None);
        assert_eq!(told(&[(0, 3), (16, 4)], 24), None);
        assert_eq!(told(&[(0, 4), (21, 4)], 28), None);
        assert_eq!(told(&[(0, u64::MAX), (16, 4)], 24), None);
        assert_eq!(told(&[(u64::MAX, 4), (16, 4)], u64::MAX), None);
    }
}
