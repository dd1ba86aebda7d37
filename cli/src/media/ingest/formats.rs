//! Which of FFmpeg's formats are ours.

use cuframes::Format;
use ffmpeg_next::format::Pixel;

/// The format with the same bytes.
pub fn of(pixel: Pixel) -> Option<Format> {
    match pixel {
        // The same planes; the frame says that its range is full.
        Pixel::YUVJ420P => Some(Format::Yu12),
        _ => {
            let name = pixel.descriptor()?.name();
            Format::ALL
                .into_iter()
                .find(|format| format.ffmpeg_name() == name)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_of_ours_is_one_of_ffmpegs() {
        for format in Format::ALL {
            let pixel = format
                .ffmpeg_name()
                .parse::<Pixel>()
                .expect("a format of FFmpeg's");
            assert_eq!(of(pixel), Some(format));
        }
        assert_eq!(of(Pixel::YUVJ420P), Some(Format::Yu12));
        for other in [Pixel::None, Pixel::YUV422P, Pixel::YUV420P10LE, Pixel::CUDA] {
            assert_eq!(of(other), None, "{other:?}");
        }
    }
}
