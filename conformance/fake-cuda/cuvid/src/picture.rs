//! Pictures without decoding: a texture of noise, from which each picture is a window. Where
//! the window lies follows from a hash of the picture's compressed bytes.
//!
//! So two pictures differ if their bytes do, the same bytes give the same pixels in every
//! process, and a picture is painted by two copies on the device, in the order of a stream.

use crate::abi::{CreateInfo, SURFACE_P016};
use crate::driver::{DevicePtr, Driver, Result, Rows};

/// What a surface looks like that was given back: a reader who kept its address sees this.
pub const GIVEN_BACK: u8 = 0xa5;

/// Windows begin at one of this many places in the texture, for each of the two planes.
const PLACES: u64 = 1 << 19;
/// Distance of two places: a sample of 16 bits.
const STEP: u64 = 2;
/// Surfaces of NVDEC have padded rows.
const PITCH_ALIGN: usize = 512;

/// The shape of an output surface: luma, and below it chroma of half the height.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Bytes of a row that hold pixels.
    pub row_bytes: usize,
    pub luma_rows: usize,
    pub pitch: usize,
    /// First sample and row of the coded picture that are shown.
    left: usize,
    top: usize,
    /// Bits of a sample that are always zero, at its lower end.
    zero_bits: u32,
    sample_bytes: usize,
}

impl Shape {
    /// The shape that checked parameters ask for.
    pub fn new(info: &CreateInfo) -> Self {
        let sample_bytes = if info.output_format == SURFACE_P016 {
            2
        } else {
            1
        };
        let row_bytes = info.target_width as usize * sample_bytes;
        Self {
            row_bytes,
            luma_rows: info.target_height as usize,
            pitch: row_bytes.next_multiple_of(PITCH_ALIGN),
            left: info.display_area.left.max(0) as usize & !1,
            top: info.display_area.top.max(0) as usize & !1,
            zero_bits: if sample_bytes == 2 {
                8 - info.bit_depth_minus_8 as u32
            } else {
                0
            },
            sample_bytes,
        }
    }

    /// Bytes of a surface.
    pub fn bytes(&self) -> usize {
        self.pitch * (self.luma_rows + self.luma_rows / 2)
    }

    fn texture_bytes(&self) -> usize {
        let skipped = self.left * self.sample_bytes + self.top * self.pitch;
        (PLACES * STEP) as usize + skipped + self.pitch * self.luma_rows
    }
}

/// The noise on the device.
pub struct Texture(pub DevicePtr);

impl Texture {
    pub fn new(driver: &Driver, shape: &Shape) -> Result<Self> {
        let noise = noise(shape.texture_bytes(), shape.sample_bytes, shape.zero_bits);
        let texture = Self(driver.allocate(noise.len())?);
        driver.upload(texture.0, &noise).inspect_err(|_| {
            // The first error is the one to tell.
            let _ = driver.free(texture.0);
        })?;
        Ok(texture)
    }

    /// Paints the picture of a hash on a surface later, on the stream.
    pub fn paint(
        &self,
        driver: &Driver,
        shape: &Shape,
        hash: u64,
        surface: DevicePtr,
        stream: crate::driver::Handle,
    ) -> Result<()> {
        let skipped = shape.left * shape.sample_bytes;
        let rows = [shape.luma_rows, shape.luma_rows / 2];
        let tops = [shape.top, shape.top / 2];
        let places = [hash % PLACES, (hash >> 32) % PLACES];
        let mut to = surface;
        for plane in 0..2 {
            let start = places[plane] * STEP + (tops[plane] * shape.pitch + skipped) as u64;
            let from = Rows {
                at: self.0 + start,
                pitch: shape.pitch,
            };
            driver.copy(
                from,
                Rows {
                    at: to,
                    pitch: shape.pitch,
                },
                shape.row_bytes,
                rows[plane],
                stream,
            )?;
            to += (shape.pitch * rows[plane]) as u64;
        }
        Ok(())
    }
}

/// Bytes that look random and are the same everywhere (splitmix64).
fn noise(bytes: usize, sample_bytes: usize, zero_bits: u32) -> Vec<u8> {
    let sample = (!0u16 << zero_bits) as u64;
    let mask = if sample_bytes == 2 {
        sample * 0x0001_0001_0001_0001
    } else {
        !0
    };
    let mut state = 0u64;
    let words = std::iter::repeat_with(|| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(state) & mask
    });
    words
        .take(bytes.div_ceil(8))
        .flat_map(u64::to_le_bytes)
        .take(bytes)
        .collect()
}

/// A hash of compressed bytes, continued from that of a first field (0 for none).
pub fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    words.fold(mixed(seed ^ bytes.len() as u64), |hash, word| {
        mixed(hash ^ word)
    })
}

/// The end of splitmix64: each bit of the result depends on each bit of `x`.
fn mixed(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts_for_the_hash() {
        let bytes: Vec<u8> = (0..40).collect();
        let before = hash(0, &bytes);
        assert_eq!(before, hash(0, &bytes));
        assert_ne!(before, hash(1, &bytes), "the first field");
        assert_ne!(before, hash(0, &bytes[..39]), "the length");
        for i in 0..bytes.len() {
            let mut other = bytes.clone();
            other[i] ^= 1;
            assert_ne!(before, hash(0, &other), "byte {i}");
        }
    }

    #[test]
    fn samples_of_ten_bits_have_six_zeros() {
        let samples = noise(4096, 2, 6);
        assert_eq!(samples.len(), 4096);
        let samples = samples
            .chunks(2)
            .map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
        assert!(samples.clone().all(|sample| sample & 0x3f == 0));
        assert!(samples.clone().any(|sample| sample & 0x40 != 0));
    }
}
