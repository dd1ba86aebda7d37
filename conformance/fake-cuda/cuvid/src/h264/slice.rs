//! The head of a slice.

use super::bits::Bits;
use super::nal::Nal;
use super::{IDR_SLICE, Sps};

/// What a slice tells of its picture.
pub struct Slice {
    pub starts_picture: bool,
    pub is_intra: bool,
    pub is_idr: bool,
    pub is_reference: bool,
    pub order_lsb: u32,
}

impl Slice {
    /// Reads the head; `None` if it ends too early.
    pub fn read(nal: &Nal<'_>, sps: &Sps) -> Option<Self> {
        let payload = nal.payload();
        let bits = &mut Bits::new(&payload);
        let first_macroblock = bits.ue()?;
        let kind = bits.ue()? % 5;
        bits.ue()?;
        bits.u(sps.frame_num_bits)?;
        let is_idr = nal.kind() == IDR_SLICE;
        if is_idr {
            bits.ue()?;
        }
        Some(Self {
            starts_picture: first_macroblock == 0,
            // I and SI.
            is_intra: kind == 2 || kind == 4,
            is_idr,
            is_reference: nal.is_reference(),
            order_lsb: bits.u(sps.order_lsb_bits)?,
        })
    }
}
