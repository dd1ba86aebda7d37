//! The bytes that frames of a pattern have, in pieces that stay in the processor's cache.

use crate::args::Pattern;

/// Bytes of a piece; a multiple of 256 and of 8.
pub const PIECE: usize = 64 << 10;

/// The frames of a pattern.
pub struct Frames {
    pattern: Pattern,
    /// What pieces are cut from, or where they are made.
    table: Vec<u8>,
}

impl Frames {
    /// Of this pattern; nothing if it says nothing about the bytes.
    pub fn new(pattern: Pattern) -> Option<Frames> {
        let table = match pattern {
            Pattern::None => return None,
            Pattern::Sequential => (0..PIECE + 256).map(|i| (i % 256) as u8).collect(),
            Pattern::Random | Pattern::Zero => vec![0; PIECE],
            Pattern::Ones => vec![0xff; PIECE],
        };
        Some(Frames { pattern, table })
    }

    /// The bytes of the frame of this sequence number from `offset` on, where a piece begins.
    pub fn piece(&mut self, sequence: u64, offset: usize, bytes: usize) -> &[u8] {
        let frame = sequence.wrapping_sub(1);
        let start = match self.pattern {
            Pattern::Sequential => (frame % 256) as usize,
            Pattern::Random => {
                noise(frame, offset as u64 / 8, &mut self.table[..bytes]);
                0
            }
            _ => 0,
        };
        &self.table[start..start + bytes]
    }
}

/// SplitMix64 seeded with `frame`, from its word `first` on, in little-endian bytes.
fn noise(frame: u64, first: u64, to: &mut [u8]) {
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = frame.wrapping_add(STEP.wrapping_mul(first));
    for bytes in to.chunks_mut(8) {
        state = state.wrapping_add(STEP);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^= word >> 31;
        bytes.copy_from_slice(&word.to_le_bytes()[..bytes.len()]);
    }
}

/// The pieces of a frame of so many bytes: where each begins, and how long it is.
pub fn pieces(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size)
        .step_by(PIECE)
        .map(move |offset| (offset, PIECE.min(size - offset)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(pattern: Pattern, sequence: u64, size: usize) -> Vec<u8> {
        let mut frames = Frames::new(pattern).expect("a pattern with bytes");
        let mut bytes = Vec::new();
        for (offset, length) in pieces(size) {
            bytes.extend_from_slice(frames.piece(sequence, offset, length));
        }
        bytes
    }

    #[test]
    fn sequential_is_the_one_of_every_language() {
        for (sequence, size) in [(1, 1), (2, 300), (300, PIECE * 2 + 5)] {
            let wanted: Vec<u8> = (0..size)
                .map(|i| ((sequence - 1 + i) % 256) as u8)
                .collect();
            assert_eq!(
                frame(Pattern::Sequential, sequence as u64, size),
                wanted,
                "{sequence}"
            );
        }
    }

    #[test]
    fn noise_is_splitmix64() {
        // The first words of the published generator for seed 0, and for 1234567.
        let words = |sequence| frame(Pattern::Random, sequence, 16);
        let wanted = [0xE220_A839_7B1D_CDAF_u64, 0x6E78_9E6A_A1B9_65F4];
        assert_eq!(words(1), wanted.map(u64::to_le_bytes).concat());
        let wanted = [6_457_827_717_110_365_317_u64, 3_203_168_211_198_807_973];
        assert_eq!(words(1_234_568), wanted.map(u64::to_le_bytes).concat());
    }

    #[test]
    fn noise_goes_on_across_pieces_and_differs_between_frames() {
        let long = frame(Pattern::Random, 5, PIECE + 13);
        let mut whole = vec![0; PIECE + 13];
        noise(4, 0, &mut whole);
        assert_eq!(long, whole);
        assert_ne!(frame(Pattern::Random, 6, 64), long[..64]);
    }

    #[test]
    fn constant_ones() {
        assert_eq!(frame(Pattern::Zero, 9, 3), [0; 3]);
        assert_eq!(frame(Pattern::Ones, 9, PIECE + 1), [255; PIECE + 1]);
        assert!(Frames::new(Pattern::None).is_none());
    }
}
