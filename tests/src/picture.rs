//! A picture that says which it is and proves to be whole: its sequence, a checksum over all
//! other bytes, and noise that differs in every word from that of any other picture.

use xxhash_rust::xxh3::xxh3_64;

use crate::chance::mix;

const SEQ: std::ops::Range<usize> = 0..8;
const SUM: std::ops::Range<usize> = 8..16;

/// Fills `bytes`, 16 at least, with picture `seq` of the source `salt`.
pub fn paint(bytes: &mut [u8], salt: u64, seq: u64) {
    let start = mix(salt) ^ mix(seq);
    for (index, word) in bytes.chunks_mut(8).enumerate() {
        let noise = (start ^ index as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        word.copy_from_slice(&noise.to_le_bytes()[..word.len()]);
    }
    bytes[SEQ].copy_from_slice(&seq.to_le_bytes());
    let sum = checksum(bytes);
    bytes[SUM].copy_from_slice(&sum.to_le_bytes());
}

/// True if `bytes` are all of picture `seq` and of no other.
pub fn is_whole(bytes: &mut [u8], seq: u64) -> bool {
    let Some(stated) = bytes.get(SUM).map(<[u8]>::to_vec) else {
        return false;
    };
    bytes[SEQ] == seq.to_le_bytes() && stated == checksum(bytes).to_le_bytes()
}

/// The checksum over all bytes but its own, which become zero.
fn checksum(bytes: &mut [u8]) -> u64 {
    bytes[SUM].fill(0);
    xxh3_64(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seq: u64) -> Vec<u8> {
        let mut bytes = vec![0; 1001];
        paint(&mut bytes, 7, seq);
        bytes
    }

    #[test]
    fn a_picture_is_whole_only_as_itself() {
        assert!(is_whole(&mut picture(5), 5));
        assert!(!is_whole(&mut picture(5), 6));
        assert!(!is_whole(&mut [0; 10], 0));
    }

    #[test]
    fn every_single_byte_matters() {
        for at in 0..1001 {
            let mut torn = picture(5);
            torn[at] = picture(6)[at].wrapping_add(u8::from(picture(6)[at] == picture(5)[at]));
            assert!(!is_whole(&mut torn, 5), "byte {at}");
        }
    }
}
