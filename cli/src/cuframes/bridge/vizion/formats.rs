//! Formats of keys that VIZN has names for.

use cuframes::{Error, Format};
use cuframes_cli::exit::Failure;
use vizion::PixelFormat;

/// Both names of what is the same in memory: fourccs are words of a little-endian machine, so that
/// RG24 has its blue byte first.
const NAMES: [(Format, PixelFormat); 5] = [
    (Format::Yuyv, PixelFormat::Yuy2),
    (Format::Uyvy, PixelFormat::Uyvy),
    (Format::Nv12, PixelFormat::Nv12),
    (Format::Rg24, PixelFormat::Bgr),
    (Format::Bg24, PixelFormat::Rgb),
];

/// The format of shared memory for frames of the key, or what to do.
pub fn of_key(key: &str, format: Format) -> Result<PixelFormat, Failure> {
    let found = NAMES.iter().find(|(known, _)| *known == format);
    found.map(|(_, name)| *name).ok_or_else(|| {
        let known = NAMES.map(|(format, _)| format.to_string()).join(", ");
        Failure::from(Error::Unsupported(format!(
            "the frames of key '{key}' are {format}, for which VIZN has no name; publish them with \
             --format as one of {known}, or carry the packets of an MJPEG camera with --packets"
        )))
    })
}

/// The format of a key for frames of shared memory; `None` for JPEG pictures, which are packets.
pub fn of_memory(format: PixelFormat) -> Option<Format> {
    let found = NAMES.iter().find(|(_, known)| *known == format);
    found.map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_the_same_in_memory_has_the_same_size() {
        for (format, name) in NAMES {
            for (width, height) in [(640, 360), (33, 17)] {
                let size = name.frame_size(width, height).expect("a raw format") as u64;
                assert_eq!(
                    format.packed_size(width, height),
                    size,
                    "{format} and {name}"
                );
            }
            assert_eq!(of_key("k", format).expect("has a name"), name);
            assert_eq!(of_memory(name), Some(format));
        }
        assert_eq!(of_memory(PixelFormat::Mjpg), None);
    }
}
