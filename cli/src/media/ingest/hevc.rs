//! How many pictures an HEVC decoder keeps, which FFmpeg does not tell: the stream's own word.

/// Type of the NAL unit with the parameters of all layers.
const VIDEO_PARAMETER_SET: u8 = 32;
/// Bits of general_profile_... up to the level.
const PROFILE: usize = 88;
const LEVEL: usize = 8;

/// Pictures in the decoder at a time, as the parameter set in `extradata` tells it: bare, or in
/// the boxes of MP4 and Matroska.
pub fn pictures(extradata: &[u8]) -> Option<usize> {
    let unit = match extradata.first()? {
        1 => boxed(extradata)?,
        _ => bare(extradata)?,
    };
    let bytes = without_emulation(unit.get(2..)?);
    of_parameter_set(Bits {
        bytes: &bytes,
        at: 0,
    })
}

fn is_wanted(unit: &[u8]) -> bool {
    unit.first().map(|first| first >> 1 & 0x3F) == Some(VIDEO_PARAMETER_SET)
}

/// From units with start codes before them.
fn bare(mut bytes: &[u8]) -> Option<&[u8]> {
    const START: [u8; 3] = [0, 0, 1];
    loop {
        let begin = bytes.windows(3).position(|three| three == START)?;
        bytes = bytes.get(begin + 3..)?;
        if is_wanted(bytes) {
            let end = bytes.windows(3).position(|three| three == START);
            return bytes.get(..end.unwrap_or(bytes.len()));
        }
    }
}

/// From an HEVCDecoderConfigurationRecord.
fn boxed(record: &[u8]) -> Option<&[u8]> {
    let (&arrays, mut rest) = record.get(22..)?.split_first()?;
    for _ in 0..arrays {
        let count = u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]);
        rest = rest.get(3..)?;
        for _ in 0..count {
            let size = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
            let unit = rest.get(2..2 + usize::from(size))?;
            if is_wanted(unit) {
                return Some(unit);
            }
            rest = rest.get(2 + usize::from(size)..)?;
        }
    }
    None
}

/// A 3 behind two zeros is there so that no start code appears.
fn without_emulation(unit: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(unit.len());
    let mut zeros = 0;
    for &byte in unit {
        if zeros >= 2 && byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if byte == 0 { zeros + 1 } else { 0 };
        bytes.push(byte);
    }
    bytes
}

/// ITU-T H.265, 7.3.2.1 and 7.3.3.
fn of_parameter_set(mut bits: Bits<'_>) -> Option<usize> {
    bits.skip(4 + 2 + 6);
    let sub_layers = bits.number(3)?;
    bits.skip(1 + 16 + PROFILE + LEVEL);
    let mut parts = 0;
    if sub_layers > 0 {
        for layer in 0..8 {
            let (profile, level) = (bits.number(1)? as usize, bits.number(1)? as usize);
            if layer < sub_layers {
                parts += profile * PROFILE + level * LEVEL;
            }
        }
    }
    bits.skip(parts);
    let told = if bits.number(1)? == 1 { sub_layers } else { 0 };
    let mut most = 0;
    for _ in 0..=told {
        most = bits.code()? + 1;
        bits.code()?;
        bits.code()?;
    }
    usize::try_from(most).ok().filter(|&most| most <= 16)
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn skip(&mut self, bits: usize) {
        self.at += bits;
    }

    fn number(&mut self, bits: usize) -> Option<u32> {
        let mut number = 0;
        for _ in 0..bits {
            let byte = self.bytes.get(self.at / 8)?;
            number = number << 1 | u32::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(number)
    }

    /// An Exp-Golomb code.
    fn code(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.number(1)? == 0 {
            zeros += 1;
        }
        // More than 16 would be no number of pictures.
        let rest = if zeros <= 16 {
            self.number(zeros)?
        } else {
            return None;
        };
        Some((1 << zeros) - 1 + rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A parameter set as x265 writes it: one sub-layer, level 2, main profile, 5 pictures, 2
    /// of them reordered.
    const UNIT: [u8; 24] = [
        0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90, 0x00, 0x00,
        0x03, 0x00, 0x00, 0x03, 0x00, 0x3c, 0x95, 0x98, 0x09,
    ];

    #[test]
    fn the_number_is_found_bare_and_boxed() {
        let mut bare = vec![0, 0, 0, 1, 0x42, 1, 7, 0, 0, 1];
        bare.extend(UNIT);
        bare.extend([0, 0, 0, 1, 0x42, 1, 7]);
        assert_eq!(pictures(&bare), Some(5));
        let mut boxed = vec![1; 22];
        boxed.extend([2, 0xA1, 0, 1, 0, 2, 0x42, 1, 0xA0, 0, 1, 0, 24]);
        boxed.extend(UNIT);
        assert_eq!(pictures(&boxed), Some(5));
    }

    #[test]
    fn nonsense_is_nothing() {
        let mut bare = vec![0, 0, 1];
        bare.extend(UNIT);
        for end in 0..bare.len() {
            let found = pictures(&bare[..end]);
            assert!(found.is_none_or(|found| found <= 16), "{end}");
        }
        assert_eq!(pictures(&[]), None);
        assert_eq!(pictures(&[1; 40]), None);
        assert_eq!(pictures(&[0; 400]), None);
        assert_eq!(pictures(&[0xFF; 400]), None);
    }
}
