//! The sequence parameter set.

use super::bits::Bits;

/// What the parser needs to know of a sequence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sps {
    pub coded_width: u32,
    pub coded_height: u32,
    /// Columns and rows cut off: left, right, top, bottom.
    pub crop: [u32; 4],
    pub frame_num_bits: u32,
    /// 0 or 2.
    pub order_type: u32,
    pub order_lsb_bits: u32,
    pub reference_frames: u32,
    /// Pictures that may wait to be shown behind one that is decoded later.
    pub reordered: u32,
    /// Frames per second as a fraction, if told.
    pub frame_rate: Option<(u32, u32)>,
    pub full_range: bool,
    /// Primaries, transfer, matrix: 2 is "unspecified".
    pub colors: [u8; 3],
}

const HIGH_PROFILES: [u32; 10] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138];
/// The level's pictures in memory are not counted: this is the most of any level.
const MOST_REORDERED: u32 = 16;

impl Sps {
    /// Reads the payload of a NAL unit; `None` if it is broken or of a kind not taken here.
    pub fn read(payload: &[u8]) -> Option<Self> {
        let bits = &mut Bits::new(payload);
        let profile = bits.u(8)?;
        bits.u(16)?;
        bits.ue()?;
        if HIGH_PROFILES.contains(&profile) {
            read_high_profile(bits)?;
        }
        let frame_num_bits = bits.ue()?.checked_add(4).filter(|&bits| bits <= 16)?;
        let order_type = bits.ue()?;
        let order_lsb_bits = match order_type {
            0 => bits.ue()?.checked_add(4).filter(|&bits| bits <= 16)?,
            2 => 0,
            _ => return None,
        };
        let reference_frames = bits.ue()?;
        bits.bit()?;
        let coded_width = read_macroblocks(bits)?;
        let coded_height = read_macroblocks(bits)?;
        let is_progressive = bits.bit()?;
        if !is_progressive || reference_frames > 16 {
            return None;
        }
        bits.bit()?;
        let crop = if bits.bit()? {
            read_crop(bits, coded_width, coded_height)?
        } else {
            [0; 4]
        };
        let mut sps = Self {
            coded_width,
            coded_height,
            crop,
            frame_num_bits,
            order_type,
            order_lsb_bits,
            reference_frames,
            reordered: if order_type == 2 {
                0
            } else {
                MOST_REORDERED.min(reference_frames + 1)
            },
            frame_rate: None,
            full_range: false,
            colors: [2; 3],
        };
        if bits.bit()? {
            sps.read_usability(bits)?;
        }
        Some(sps)
    }

    /// The `vui_parameters`.
    fn read_usability(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        if bits.bit()? {
            const EXTENDED: u32 = 255;
            if bits.u(8)? == EXTENDED {
                bits.u(32)?;
            }
        }
        if bits.bit()? {
            bits.bit()?;
        }
        if bits.bit()? {
            self.read_signal(bits)?;
        }
        if bits.bit()? {
            bits.ue()?;
            bits.ue()?;
        }
        if bits.bit()? {
            let (unit, scale) = (bits.u(32)?, bits.u(32)?);
            bits.bit()?;
            // A frame is two ticks.
            self.frame_rate = unit
                .checked_mul(2)
                .filter(|&ticks| ticks > 0)
                .map(|ticks| (scale, ticks));
        }
        let has_nal_hrd = read_reference_decoder(bits)?;
        let has_vcl_hrd = read_reference_decoder(bits)?;
        if has_nal_hrd || has_vcl_hrd {
            bits.bit()?;
        }
        bits.bit()?;
        if bits.bit()? {
            bits.bit()?;
            for _ in 0..4 {
                bits.ue()?;
            }
            self.reordered = bits.ue()?.min(MOST_REORDERED);
        }
        Some(())
    }

    fn read_signal(&mut self, bits: &mut Bits<'_>) -> Option<()> {
        bits.u(3)?;
        self.full_range = bits.bit()?;
        if bits.bit()? {
            for color in &mut self.colors {
                *color = bits.u(8)? as u8;
            }
        }
        Some(())
    }
}

fn read_high_profile(bits: &mut Bits<'_>) -> Option<()> {
    let is_420 = bits.ue()? == 1;
    let (luma, chroma) = (bits.ue()?, bits.ue()?);
    if !is_420 || (luma, chroma) != (0, 0) {
        return None;
    }
    bits.bit()?;
    if bits.bit()? {
        for list in 0..8 {
            if bits.bit()? {
                skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
            }
        }
    }
    Some(())
}

fn skip_scaling_list(bits: &mut Bits<'_>, size: u32) -> Option<()> {
    let (mut last, mut next) = (8, 8);
    for _ in 0..size {
        if next != 0 {
            next = (last + bits.se()?.checked_rem(256)? + 256) % 256;
        }
        last = if next == 0 { last } else { next };
    }
    Some(())
}

/// A width or height, in samples. No level has more than 1024 macroblocks a side.
fn read_macroblocks(bits: &mut Bits<'_>) -> Option<u32> {
    bits.ue()
        .filter(|&count| count < 1024)
        .map(|count| (count + 1) * 16)
}

fn read_crop(bits: &mut Bits<'_>, width: u32, height: u32) -> Option<[u32; 4]> {
    let mut crop = [0; 4];
    for side in &mut crop {
        // In 4:2:0 a unit is two samples.
        *side = bits.ue()?.checked_mul(2)?;
    }
    let cut = |a: u32, b: u32| a.checked_add(b);
    let something_left = cut(crop[0], crop[1])? < width && cut(crop[2], crop[3])? < height;
    something_left.then_some(crop)
}

/// Skips `hrd_parameters`, and says whether there were any.
fn read_reference_decoder(bits: &mut Bits<'_>) -> Option<bool> {
    let is_there = bits.bit()?;
    if is_there {
        let count = bits.ue()?.checked_add(1).filter(|&count| count <= 32)?;
        bits.u(8)?;
        for _ in 0..count {
            bits.ue()?;
            bits.ue()?;
            bits.bit()?;
        }
        bits.u(20)?;
    }
    Some(is_there)
}

#[cfg(test)]
mod tests {
    use super::super::nals;
    use super::*;

    /// Of a clip of 640x360, 25 frames per second, encoded by libx264 with three B frames.
    const CLIP: [u8; 35] = [
        0, 0, 0, 1, 0x67, 0x64, 0x00, 0x1e, 0xac, 0xd9, 0x40, 0xa0, 0x2f, 0xf9, 0x70, 0x11, 0x00,
        0x00, 0x03, 0x00, 0x01, 0x00, 0x00, 0x03, 0x00, 0x32, 0x0f, 0x16, 0x2d, 0x96, 0x00, 0x00,
        0x01, 0x68, 0xeb,
    ];

    #[test]
    fn the_parameters_of_a_clip() {
        let sps = Sps::read(&nals(&CLIP)[0].payload()).expect("a sequence parameter set");
        assert_eq!((sps.coded_width, sps.coded_height), (640, 368));
        assert_eq!(sps.crop, [0, 0, 0, 8]);
        assert_eq!(sps.frame_rate, Some((50, 2)));
        assert_eq!((sps.order_type, sps.reordered), (0, 2));
    }

    #[test]
    fn broken_ones_are_refused_or_read_but_never_a_panic() {
        let whole = nals(&CLIP)[0].payload();
        for length in 0..whole.len() {
            let _ = Sps::read(&whole[..length]);
        }
        assert_eq!(Sps::read(&whole[..8]), None, "cut in the size");
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = Sps::read(&flipped);
            assert!(read.is_none_or(|sps| sps.coded_width <= 1 << 14 && sps.reordered <= 16));
        }
    }
}
