//! Raw frames as JPEG pictures.

use jpeg_encoder::{ColorType, Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor};
use vizion::{PixelFormat, VideoFormat};

/// Of 100: what cameras deliver.
const QUALITY: u8 = 85;

/// Encodes a frame without padding.
pub fn encode(bytes: &[u8], format: VideoFormat) -> Result<Vec<u8>, EncodingError> {
    let mut jpeg = Vec::new();
    encode_into(&mut jpeg, bytes, format)?;
    Ok(jpeg)
}

/// As [`encode`], into memory that there is.
pub fn encode_into(
    jpeg: &mut Vec<u8>,
    bytes: &[u8],
    format: VideoFormat,
) -> Result<(), EncodingError> {
    let large = |_| EncodingError::ZeroImageDimensions {
        width: 0,
        height: 0,
    };
    let width = u16::try_from(format.width).map_err(large)?;
    let height = u16::try_from(format.height).map_err(large)?;
    jpeg.clear();
    let mut encoder = Encoder::new(jpeg, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    match format.format {
        PixelFormat::Rgb => encoder.encode(bytes, width, height, ColorType::Rgb),
        PixelFormat::Bgr => encoder.encode(bytes, width, height, ColorType::Bgr),
        _ => encoder.encode_image(Ycc {
            bytes,
            width,
            height,
            format: format.format,
        }),
    }
}

/// A frame of luminance and chrominance.
struct Ycc<'a> {
    bytes: &'a [u8],
    width: u16,
    height: u16,
    format: PixelFormat,
}

impl Ycc<'_> {
    /// Luminance and both chrominances of a pixel.
    fn pixel(&self, x: usize, y: usize) -> (u8, u8, u8) {
        let width = u32::from(self.width);
        let row = self.format.row_bytes(0, width);
        let pair = y * row + x / 2 * 4;
        let at = |offset: usize| self.bytes.get(offset).copied().unwrap_or_default();
        match self.format {
            PixelFormat::Yuy2 => (at(pair + x % 2 * 2), at(pair + 1), at(pair + 3)),
            PixelFormat::Uyvy => (at(pair + x % 2 * 2 + 1), at(pair), at(pair + 2)),
            _ => {
                let chroma = row * usize::from(self.height);
                let chroma = chroma + y / 2 * self.format.row_bytes(1, width) + x / 2 * 2;
                (at(y * row + x), at(chroma), at(chroma + 1))
            }
        }
    }
}

impl ImageBuffer for Ycc<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        for x in 0..usize::from(self.width) {
            let (luminance, blue, red) = self.pixel(x, usize::from(y));
            // JPEG's samples take the whole byte, a camera's 16 to 235 and 16 to 240 of it.
            buffers[0].push(stretch(luminance, 16, 219));
            buffers[1].push(stretch_chroma(blue));
            buffers[2].push(stretch_chroma(red));
        }
    }
}

fn stretch(sample: u8, low: i32, range: i32) -> u8 {
    let wide = (i32::from(sample) - low) * 255 / range;
    wide.clamp(0, 255) as u8
}

fn stretch_chroma(sample: u8) -> u8 {
    let wide = (i32::from(sample) - 128) * 255 / 224 + 128;
    wide.clamp(0, 255) as u8
}
