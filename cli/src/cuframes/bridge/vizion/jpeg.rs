//! What a JPEG picture says of its size.

/// Width and height; `None` if it is no whole picture of one frame.
pub fn size(picture: &[u8]) -> Option<(u32, u32)> {
    let mut rest = picture.strip_prefix(&[0xFF, 0xD8])?;
    loop {
        let (&[first, marker], behind) = rest.split_first_chunk::<2>()?;
        if first != 0xFF {
            return None;
        }
        if marker == 0xFF {
            // Filling in front of a marker.
            rest = &rest[1..];
            continue;
        }
        let length = usize::from(u16::from_be_bytes(*behind.first_chunk()?));
        let segment = behind.get(2..length)?;
        // Start of frame, in all its kinds: what is among them without being one are tables.
        if (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC) {
            let &[_, a, b, c, d] = segment.first_chunk::<5>()?;
            let side = |high, low| u32::from(u16::from_be_bytes([high, low]));
            return Some((side(c, d), side(a, b))).filter(|&(width, height)| width * height > 0);
        }
        rest = &behind[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PICTURE: &[u8] =
        b"\xFF\xD8\xFF\xE0\0\x04ab\xFF\xFF\xC4\0\x03x\xFF\xC0\0\x08\x08\x01\x02\x03\x04\x01rest";

    #[test]
    fn the_size_is_in_the_start_of_frame() {
        assert_eq!(size(PICTURE), Some((0x0304, 0x0102)));
        for end in 0..24 {
            assert_eq!(size(&PICTURE[..end]), None, "{end}");
        }
        assert_eq!(size(b"\x89PNG"), None);
        assert_eq!(size(b"\xFF\xD8\xFF\xE0\0\0\0\0\0\0\0"), None);
    }
}
