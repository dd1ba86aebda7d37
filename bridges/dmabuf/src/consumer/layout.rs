//! Where the planes of a frame are.

use crate::format::Format;
use crate::memory::LentMap;
use crate::message::{PlanePlace, Send};

use super::Refusal;

/// A plane, and how much of it is pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    pub place: PlanePlace,
    pub rows: u32,
    pub row_bytes: u32,
}

impl Plane {
    /// Bytes of its pixels, padding left out.
    pub fn packed_size(&self) -> usize {
        self.rows as usize * self.row_bytes as usize
    }

    /// Bytes from its first to the last of its last row.
    fn needed(&self) -> u64 {
        let before_last = u64::from(self.rows.saturating_sub(1));
        u64::from(self.place.stride) * before_last + u64::from(self.row_bytes)
    }
}

/// The planes of a frame, all of them inside of its memory.
pub fn planes(send: &Send, map: &LentMap) -> Result<Vec<Plane>, Refusal> {
    let format = Format::named(&send.format);
    let tight = format.and_then(|format| format.tight(send.width, send.height));
    let unknown = || Refusal::Format {
        format: send.format.chars().take(32).collect(),
        width: send.width,
        height: send.height,
    };
    let planes = match (&send.extras, format) {
        (None, _) => of_format(
            format.ok_or_else(unknown)?,
            send,
            &tight.ok_or_else(unknown)?,
        )?,
        (Some(extras), _) if extras.modifier != 0 => {
            let modifier = extras.modifier;
            return Err(Refusal::Modifier { modifier });
        }
        (Some(extras), Some(format)) => of_format(format, send, &extras.planes)?,
        // Of a format that nobody knows here, who looks at it knows the rows.
        (Some(extras), None) => extras.planes.iter().map(whole).collect(),
    };
    for plane in &planes {
        map.check(plane.place.offset, plane.place.size)?;
    }
    Ok(planes)
}

fn of_format(format: Format, send: &Send, places: &[PlanePlace]) -> Result<Vec<Plane>, Refusal> {
    let shapes = format.row_bytes(send.width).zip(format.rows(send.height));
    let expected = format.rows(send.height).count();
    let count = places.len();
    if count != expected {
        let format = format.name;
        return Err(Refusal::PlaneCount {
            count,
            format,
            expected,
        });
    }
    let planes = shapes.zip(places).map(|((row_bytes, rows), &place)| Plane {
        place,
        rows,
        row_bytes,
    });
    planes.enumerate().map(large_enough).collect()
}

fn large_enough((index, plane): (usize, Plane)) -> Result<Plane, Refusal> {
    let PlanePlace { stride, size, .. } = plane.place;
    if stride >= plane.row_bytes && size >= plane.needed() {
        return Ok(plane);
    }
    Err(Refusal::PlaneSize {
        index,
        size,
        stride,
        rows: plane.rows,
        row_bytes: plane.row_bytes,
    })
}

/// A plane as it comes: its whole rows, which end with the last that is all there.
fn whole(place: &PlanePlace) -> Plane {
    let rows = place.size.checked_div(place.stride.into()).unwrap_or(0);
    Plane {
        place: *place,
        rows: u32::try_from(rows).unwrap_or(u32::MAX),
        row_bytes: place.stride,
    }
}
