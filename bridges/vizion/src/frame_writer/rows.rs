//! The rows of a picture that is to be written.

use super::FrameInfo;
use crate::{PixelFormat, ShmError};

/// Rows of one plane. They may be further apart than they are long; written, they follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows<'a> {
    /// The plane; what is behind its last row may be missing.
    pub bytes: &'a [u8],
    /// From the beginning of a row to that of the next.
    pub pitch: usize,
    /// Bytes of a row.
    pub row_bytes: usize,
    /// How many there are.
    pub rows: usize,
}

impl<'a> Rows<'a> {
    /// Rows without anything in between, or the bytes of a JPEG picture.
    #[must_use]
    pub fn packed(bytes: &'a [u8]) -> Rows<'a> {
        Rows {
            bytes,
            pitch: bytes.len(),
            row_bytes: bytes.len(),
            rows: 1,
        }
    }

    /// Bytes without what is in between; `None` if they are not all there.
    fn len(&self) -> Option<usize> {
        let last = self.pitch.checked_mul(self.rows.saturating_sub(1))?;
        let is_there = last.checked_add(self.row_bytes)? <= self.bytes.len();
        let apart = self.pitch >= self.row_bytes;
        (is_there && apart && self.rows > 0).then(|| self.row_bytes * self.rows)
    }

    /// The rows, or all of them at once where nothing is in between. They have been checked.
    pub(super) fn pieces(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let Rows {
            bytes,
            pitch,
            row_bytes,
            rows,
        } = *self;
        let (rows, row_bytes) = match pitch == row_bytes {
            true => (1, row_bytes * rows),
            false => (rows, row_bytes),
        };
        (0..rows).map(move |row| &bytes[row * pitch..][..row_bytes])
    }
}

/// Bytes of the whole frame, if the planes are those of the format.
pub(super) fn check(info: &FrameInfo, planes: &[Rows<'_>]) -> Result<u64, ShmError> {
    let FrameInfo {
        width,
        height,
        format,
        ..
    } = *info;
    let wrong = |why: String| ShmError::Frame {
        format,
        width,
        height,
        why,
    };
    if [width, height]
        .iter()
        .any(|&side| side == 0 || side >= 1 << 16)
    {
        return Err(wrong("each side has 1 to 65535 pixels".to_owned()));
    }
    let mut total = 0;
    for (number, plane) in planes.iter().enumerate() {
        total += plane.len().ok_or_else(|| {
            wrong(format!(
                "plane {number} of {} rows of {} bytes, {} apart, does not lie in {} bytes",
                plane.rows,
                plane.row_bytes,
                plane.pitch,
                plane.bytes.len()
            ))
        })? as u64;
    }
    match format.frame_size(width, height) {
        Some(needed) if total != needed as u64 => {
            Err(wrong(format!("it has {total} bytes instead of {needed}")))
        }
        None if total == 0 => Err(wrong("it is empty".to_owned())),
        None if format == PixelFormat::Mjpg && planes.len() != 1 => {
            Err(wrong("a JPEG picture is one run of bytes".to_owned()))
        }
        _ => Ok(total),
    }
}
