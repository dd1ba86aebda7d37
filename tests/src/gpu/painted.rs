//! The pictures of `frames.ptx`, calculated by the processor.

/// Byte `x` of row `y` of the picture `seed`.
#[must_use]
pub fn byte(x: usize, y: usize, seed: u32) -> u8 {
    (x as u32)
        .wrapping_mul(7)
        .wrapping_add((y as u32).wrapping_mul(13))
        .wrapping_add(seed.wrapping_mul(31)) as u8
}

/// True if `bytes` are rows of `row_bytes` bytes of the picture `seed`.
#[must_use]
pub fn is_painted(bytes: &[u8], row_bytes: usize, seed: u32) -> bool {
    let rows = bytes.chunks(row_bytes).enumerate();
    rows.into_iter().all(|(y, row)| {
        let mut row = row.iter().enumerate();
        row.all(|(x, &found)| found == byte(x, y, seed))
    })
}

/// What the kernel `cuframes_checksum` adds up of the picture `seed`.
#[must_use]
pub fn checksum(row_bytes: usize, rows: usize, seed: u32) -> u64 {
    let places = (0..rows).flat_map(|y| (0..row_bytes).map(move |x| (x, y)));
    let weighted = places.map(|(x, y)| {
        let weight = 1 + (y * row_bytes + x) as u64 % 65521;
        u64::from(byte(x, y, seed)) * weight
    });
    weighted.fold(0, u64::wrapping_add)
}

/// The checksums of every picture of one size: there are 256, of which small ones may share a
/// sum, but none with its neighbours, and those are what a slot held before.
#[derive(Clone, Debug)]
pub struct Checksums(Vec<u64>);

impl Checksums {
    /// Calculates them.
    #[must_use]
    pub fn new(row_bytes: usize, rows: usize) -> Self {
        Checksums(
            (0..256)
                .map(|seed| checksum(row_bytes, rows, seed))
                .collect(),
        )
    }

    /// The checksum of the picture `seed`.
    #[must_use]
    pub fn of(&self, seed: u32) -> u64 {
        self.0[seed as usize % 256]
    }
}

/// The seed of plane `plane` of frame `seq`: no two of a ring are the same.
#[must_use]
pub fn seed(seq: u64, plane: usize) -> u32 {
    (seq as u32).wrapping_add(101 * plane as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_by_its_place() {
        let mut bytes: Vec<u8> = (0..12).map(|at| byte(at % 4, at / 4, 9)).collect();
        assert!(is_painted(&bytes, 4, 9) && !is_painted(&bytes, 4, 10));
        let weights = bytes.iter().zip(1..);
        let sum = weights.map(|(&byte, weight)| u64::from(byte) * weight);
        assert_eq!(checksum(4, 3, 9), sum.sum());
        bytes[11] ^= 1;
        assert!(!is_painted(&bytes, 4, 9));
    }

    #[test]
    fn pictures_repeat_after_256() {
        let sums = Checksums::new(64, 32);
        assert_eq!(sums.of(3), checksum(64, 32, 3));
        assert_eq!(sums.of(259), checksum(64, 32, 259));
    }

    /// A ring has 16 slots, so that a picture left in one is at most 16 older.
    #[test]
    fn no_picture_has_the_sum_of_a_neighbour() {
        for (row_bytes, rows) in [(64, 16), (64, 32), (33, 17), (320, 180)] {
            let sums = Checksums::new(row_bytes, rows);
            let pairs = (0..256).flat_map(|seed| (1..=16).map(move |older| (seed, seed + older)));
            let same = pairs.filter(|&(a, b)| sums.of(a) == sums.of(b));
            assert_eq!(same.count(), 0, "{row_bytes}x{rows}");
        }
    }
}
