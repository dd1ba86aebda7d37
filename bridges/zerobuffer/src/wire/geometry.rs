//! How large the blocks are and where they lie.

use super::oieb::{OIEB_SIZE, Oieb};

/// Bytes in front of each frame: its size and its number, two u64.
pub const HEADER_SIZE: usize = 16;
/// Blocks are whole multiples of this.
pub const ALIGNMENT: u64 = 64;

/// The blocks of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Bytes of the metadata block.
    pub metadata_size: usize,
    /// Bytes of the payload block.
    pub payload_size: usize,
}

impl Geometry {
    /// The blocks of a new segment, rounded up; or what is wrong with the sizes.
    pub fn of_config(metadata_size: u64, payload_size: u64) -> Result<Self, &'static str> {
        if payload_size == 0 {
            return Err("a payload has at least one byte");
        }
        let too_large = "they are more than can be addressed";
        let round = |bytes: u64| bytes.checked_next_multiple_of(ALIGNMENT).ok_or(too_large);
        Self::checked(round(metadata_size)?, round(payload_size)?).ok_or(too_large)
    }

    /// The blocks that `oieb` tells of a segment of `file_size` bytes; or what is wrong.
    pub fn of_oieb(oieb: &Oieb, file_size: u64) -> Result<Self, String> {
        for (what, size) in [
            ("metadata", oieb.metadata_size),
            ("payload", oieb.payload_size),
        ] {
            if !size.is_multiple_of(ALIGNMENT) {
                return Err(format!("{what}_size {size} is no multiple of {ALIGNMENT}"));
            }
        }
        if oieb.payload_size == 0 {
            return Err("payload_size is 0".to_owned());
        }
        let geometry = Self::checked(oieb.metadata_size, oieb.payload_size);
        match geometry {
            Some(geometry) if geometry.total() as u64 <= file_size => Ok(geometry),
            _ => Err(format!(
                "metadata_size {} and payload_size {} do not fit its {file_size} bytes",
                oieb.metadata_size, oieb.payload_size
            )),
        }
    }

    /// The blocks, if all of them together can be mapped.
    fn checked(metadata_size: u64, payload_size: u64) -> Option<Self> {
        let total = metadata_size
            .checked_add(payload_size)?
            .checked_add(OIEB_SIZE as u64)?;
        isize::try_from(total).ok()?;
        Some(Geometry {
            metadata_size: metadata_size as usize,
            payload_size: payload_size as usize,
        })
    }

    /// Where the metadata block begins.
    pub fn metadata_offset(&self) -> usize {
        OIEB_SIZE
    }

    /// Where the payload block begins.
    pub fn payload_offset(&self) -> usize {
        OIEB_SIZE + self.metadata_size
    }

    /// Bytes of the segment.
    pub fn total(&self) -> usize {
        self.payload_offset() + self.payload_size
    }
}

/// What a frame of `size` bytes takes with its header; `None` if that is no number.
pub fn frame_bytes(size: u64) -> Option<u64> {
    size.checked_add(HEADER_SIZE as u64)
}
